/** The cases of test/conformance, in headless Chrome; `npm run conformance` runs the same on other runtimes and drivers. */

import { expect, test } from 'vitest'
import { runCase } from '../conformance/case'
import { CASES } from '../conformance/cases'
import { useGpu } from '../support/gpu'

const gpu = useGpu()

test.each(CASES)('$group: $name', async (each) => {
  const { error } = await runCase(gpu.device, each)
  expect(error).toBeUndefined()
})
