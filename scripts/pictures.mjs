// @ts-check
// `npm run pictures`: takes the pictures of the pages anew, those of the README and the one that other sites show beside a
// link. Run it after a change of what they show.

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findOrInstallBrowser } from './browser.mjs'
import { useTemporaryFolder } from './processes.mjs'
import { root, setUp } from './setup.mjs'

useTemporaryFolder()
try {
  setUp()
  const { PICTURES, photograph } = await import('./photograph.mjs')
  for (const [file, picture] of Object.entries(PICTURES)) {
    const path = join(root, file)
    mkdirSync(dirname(path), { recursive: true })
    await photograph(picture, path, await findOrInstallBrowser())
    console.log(`${file} is made.`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
