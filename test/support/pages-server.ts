/** Builds the pages and serves them, once for all files of a project: built pages load in a fraction of the time. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { buildSite } from '../../scripts/site.mjs'
import { serveFolder } from './browser.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the pages, with a slash at its end. */
    pages: string
    /** The folder of the built pages. */
    builtPages: string
  }
}

export default async function serve(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'noiseshape-pages-'))
  await buildSite(folder)
  const { url, close } = await serveFolder(folder)
  project.provide('pages', url)
  project.provide('builtPages', folder)
  return async () => {
    await close()
    await rm(folder, { recursive: true, force: true })
  }
}
