/** Every layer on a device of tiny limits. */

import { describe, test } from 'vitest'
import { useGpu } from '../../support/gpu'
import { checkEngine, checkOp, LAYERS, TIGHT } from '../../support/small-limits'

const gpu = useGpu()

describe.each(TIGHT)('with %o', (limits) => {
  test.each(LAYERS)('an engine gives the bits of the judge: $name, $shape', async (layer) => {
    await checkEngine(await gpu.anotherDevice(), limits, layer)
  })

  test.each(LAYERS)('an op gives the bits of the judge: $name, $shape', async (layer) => {
    await checkOp(await gpu.anotherDevice(), limits, layer)
  })
})
