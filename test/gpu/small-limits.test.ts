/** A few layers on a device of tiny limits: test/long/gpu/small-limits.test.ts has the others. */

import { describe, test } from 'vitest'
import { useGpu } from '../support/gpu'
import { checkEngine, checkOp, LAYERS, TIGHT } from '../support/small-limits'

const gpu = useGpu()

describe.each([TIGHT[1], TIGHT[3]])('with %o', (limits) => {
  test.each(LAYERS.filter((_, i) => i % 3 === 1))(
    'an engine gives the bits of the judge: $name, $shape',
    async (layer) => {
      await checkEngine(await gpu.anotherDevice(), limits, layer)
    },
  )

  test.each(LAYERS.filter((_, i) => i % 3 === 0))(
    'an op gives the bits of the judge: $name, $shape',
    async (layer) => {
      await checkOp(await gpu.anotherDevice(), limits, layer)
    },
  )
})
