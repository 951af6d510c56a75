// @ts-check
// `npm run reference`: writes docs/reference anew from the docstrings. It is kept in the repository, so that it can be read
// there, and so that a change of the interface shows in a diff. test/unit/docs.test.ts fails while it is out of date.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, setUp } from './setup.mjs'

try {
  setUp()
  const { makeReference } = await import('./typedoc.mjs')
  const folder = join(root, 'docs/reference')
  mkdirSync(folder, { recursive: true })
  for (const [name, markdown] of Object.entries(await makeReference())) {
    writeFileSync(join(folder, name), markdown)
    console.log(`docs/reference/${name} is written.`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
