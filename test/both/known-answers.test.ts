/** The masks and outputs of golden/native.json. */

import { describe, expect, test } from 'vitest'
import { backends } from '#backends'
import { useSession } from '../support/backends'
import { expectSameBits, floats } from '../support/compare'
import { goldenMasks, goldenOutputs } from '../support/golden'

describe.each(backends)('$name', (backend) => {
  const session = useSession(backend)

  test('the tables are not empty', () => {
    expect(goldenMasks.length).toBeGreaterThan(20)
    expect(goldenOutputs.length).toBeGreaterThan(4)
  })

  test.each(goldenMasks)('mask: $name', async ({ draw, words }) => {
    expectSameBits(await session().mask(draw), words, { packed: true })
  })

  test.each(goldenOutputs)('output: $name', async ({ draw, x, y }) => {
    expectSameBits(await session().dropout(floats(x), draw), y, { shape: draw.shape })
  })
})
