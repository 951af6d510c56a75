/** The pictures that README and other sites show, taken anew: each has the size that it is meant to have. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBrowser, NO_BROWSER } from '../../../scripts/browser.mjs'
import { PICTURES, photograph } from '../../../scripts/photograph.mjs'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'noiseshape-pictures-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(Object.entries(PICTURES))('%s', async (_, picture) => {
  const browser = await findBrowser()
  if (!browser) throw new Error(NO_BROWSER)
  const path = join(folder, 'picture.png')
  await photograph(picture, path, browser)
  const png = new DataView((await readFile(path)).buffer)
  expect([png.getUint32(16), png.getUint32(20)]).toEqual([picture.width, picture.height])
})
