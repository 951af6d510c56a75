/** How a network may hand over its outputs: without a GPU, in arrays. `#carriers` of the unit project. */

import { createEngine, type Engine } from '../../src/index.js'
import type { ForwardOutput } from '../../src/monte-carlo/index.js'
import { CPU_KERNELS, forceKernel } from '../../src/simd/choice.js'

/** The same numbers as an output; what the call before gave may be overwritten. */
export type Carry = (values: Float32Array) => ForwardOutput

export interface Carrier {
  name: string
  open(): Promise<Engine>
  /** Called before each test. */
  start(): Carry
}

export const carriers: readonly Carrier[] = CPU_KERNELS.map((kernel) => ({
  name: `arrays, ${kernel}`,
  open: () => createEngine({ backend: 'cpu' }),
  start: () => {
    forceKernel(kernel) // for outputs of every size
    return (values) => values
  },
}))
