/** Both ways of computing on the CPU, each for tensors of every size. */

import { afterEach, beforeEach, describe } from 'vitest'
import { CPU_KERNELS, type CpuKernel, forceKernel } from '../../src/simd/choice.js'

/** Declares the same tests for each kernel. */
export function describeKernels(tests: (kernel: CpuKernel) => void): void {
  describe.each(CPU_KERNELS)('%s', (kernel) => {
    beforeEach(() => forceKernel(kernel))
    afterEach(() => forceKernel())
    tests(kernel)
  })
}
