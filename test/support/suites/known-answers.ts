/** The masks and outputs of golden/native.json. */

import { expect, test } from 'vitest'
import { type Backend, useSession } from '../backends'
import { expectSameBits, floats } from '../compare'
import { goldenMasks, goldenOutputs } from '../golden'

export function knownAnswers(backend: Backend): void {
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
}
