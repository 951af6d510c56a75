// @ts-check
// `npm run og`: makes site/public/og.png, which other sites show beside a link to the pages: the toy of the first page
// alone. Run it after a change of the toy.

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findOrInstallBrowser } from './browser.mjs'
import { useTemporaryFolder } from './processes.mjs'
import { root, setUp } from './setup.mjs'

useTemporaryFolder()
try {
  setUp()
  const { photograph } = await import('./photograph.mjs')
  const path = join(root, 'site/public/og.png')
  mkdirSync(dirname(path), { recursive: true })
  await photograph(path, await findOrInstallBrowser())
  console.log('site/public/og.png is made.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
