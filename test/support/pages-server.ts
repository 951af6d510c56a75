/** Serves the pages once for all files of a project: starting a server and transforming the sources takes seconds. */

import type { TestProject } from 'vitest/node'
import { servePage } from './browser.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the pages, with a slash at its end. */
    pages: string
  }
}

export default async function serve(project: TestProject) {
  const { url, close } = await servePage()
  project.provide('pages', url)
  return close
}
