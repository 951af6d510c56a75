/** Chooses between WebAssembly and JavaScript, which give the same bits. */

import { flagsModule } from './flags.js'
import { createKernel, type Kernel } from './kernel.js'

/** What computes dropout on the CPU. */
export const CPU_KERNELS = ['wasm-simd', 'javascript'] as const

/** `'wasm-simd'` is several times faster; both give the same bits. */
export type CpuKernel = (typeof CPU_KERNELS)[number]

/** Elements that JavaScript computes in the time that compiling takes, about 1 ms (Node 20): from here on it pays. */
const BREAK_EVEN = 2 ** 18

/** Fewer elements are faster in JavaScript, because two copies and calls cost more than they save. */
const SMALLEST = 512

/** Undefined: not yet tried. Null: this page or runtime refuses WebAssembly. */
let kernel: Kernel | null | undefined
let elementsSoFar = 0
let forced: CpuKernel | undefined

/**
 * The kernel for a call of this many elements; undefined: JavaScript computes it.
 *
 * @param module the one that the call uses first
 */
export function kernelFor(elements: number, module: string): Kernel | undefined {
  if (forced !== undefined) return forced === 'wasm-simd' ? required() : undefined
  if (elements < SMALLEST) return
  if (elementsSoFar < BREAK_EVEN) elementsSoFar += elements
  return elementsSoFar < BREAK_EVEN ? undefined : available(module)
}

/**
 * How large tensors are computed: with WebAssembly SIMD, or in JavaScript where a Content-Security-Policy without
 * `'wasm-unsafe-eval'` or an engine without SIMD refuses that. Small tensors are always computed in JavaScript. Compiles
 * the WebAssembly if no call has yet.
 */
export function cpuKernel(): CpuKernel {
  return forced ?? (available(flagsModule) ? 'wasm-simd' : 'javascript')
}

/** For tests and benchmarks: one kernel for tensors of every size; undefined for the library's choice. */
export function forceKernel(name?: CpuKernel): void {
  forced = name
}

function required(): Kernel {
  kernel ??= createKernel()
  return kernel
}

function available(module: string): Kernel | undefined {
  if (kernel === undefined) {
    try {
      const created = createKernel()
      created.exportsOf(module)
      kernel = created
    } catch {
      kernel = null // a Content-Security-Policy, or an engine without SIMD
    }
  }
  return kernel ?? undefined
}
