/** What the workflows run cannot change by itself: a tag can be moved to another commit. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/setup.mjs'

const folder = join(root, '.github/workflows')

test.each(readdirSync(folder))('%s names every action by commit, with the version beside it', (name) => {
  const uses = readFileSync(join(folder, name), 'utf8').match(/\buses:.*/g) ?? []
  expect(uses.length).toBeGreaterThan(0)
  for (const line of uses) expect(line).toMatch(/^uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})
