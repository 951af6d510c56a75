/**
 * The WebAssembly modules over one memory that never grows: a window of the tensor, and its flags. Made once per page or
 * worker, since calls are synchronous.
 */

import type { Axis } from '../axes.js'
import type { Draw, GeneratorSimd, KeepRule } from '../generators/generator.js'
import applyModule from './apply.simd.ts?wasm'

/** Values per window: 64 KiB. */
export const WINDOW = 2 ** 14

/** A window begins inside a group of four words, groups are drawn in fours, and two words past the last are read. */
const FLAG_WORDS = WINDOW / 32 + 32

/** Byte addresses. */
const AXES = 0
const PARAMS = 128
const CELLS = 1024
const FLAGS = CELLS + 4 * FLAG_WORDS
const VALUES = FLAGS + 4 * FLAG_WORDS
const END = VALUES + 4 * WINDOW

const PAGE = 2 ** 16

/** What apply.simd.ts exports. */
interface ApplyExports {
  spreadFlags(axes: number, count: number, words: number, cell: number, out: number, elements: number): void
  applyFlags(values: number, flags: number, elements: number, scale: number): void
}

/** What a generator's module exports. */
interface DrawExports {
  drawGroups(params: number, low: number, high: number, groups: number, out: number): void
}

/** Draws the flags of whole groups of cells into `cells`, from the group `first` of the stream on. */
export type GroupsDrawer = (first: number, groups: number) => void

/**
 * Compiles what every generator needs.
 *
 * @throws CompileError where a Content-Security-Policy or the engine refuses WebAssembly or its SIMD
 */
export function createKernel() {
  const pages = Math.ceil(END / PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const { buffer } = memory
  const { spreadFlags, applyFlags } = instantiate<ApplyExports>(applyModule, memory)
  const axesInMemory = new Int32Array(buffer, AXES, (PARAMS - AXES) / 4)
  const params = new DataView(buffer, PARAMS, CELLS - PARAMS)
  const generators = new Map<GeneratorSimd, DrawExports>()

  return {
    /** One flag per noise cell, packed like a mask. */
    cells: new Uint32Array(buffer, CELLS, FLAG_WORDS),
    /** One flag per element. */
    flags: new Uint32Array(buffer, FLAGS, FLAG_WORDS),
    /** The elements. */
    values: new Float32Array(buffer, VALUES, WINDOW),

    drawer(generator: GeneratorSimd, rule: KeepRule, draw: Draw): GroupsDrawer {
      const exports = generators.get(generator) ?? instantiate<DrawExports>(generator.module, memory)
      generators.set(generator, exports)
      generator.write(params, rule, draw)
      return (first, groups) =>
        exports.drawGroups(PARAMS, first % 2 ** 32, Math.floor(first / 2 ** 32), groups, CELLS)
    },

    /**
     * Spreads flags from `cells` to the elements that share them, in `flags`.
     *
     * @param axes of the elements, innermost first
     * @param cell where in `cells` the flag of the first element is
     */
    spread(axes: readonly Axis[], cell: number, elements: number): void {
      axes.forEach(({ size, stride }, i) => {
        axesInMemory.set([size, stride, 0], 3 * i)
      })
      spreadFlags(AXES, axes.length, CELLS, cell, FLAGS, elements)
    },

    /** Drops and scales the first `elements` values by these flags, of which they have one each. */
    apply(flags: 'cells' | 'flags', elements: number, scale: number): void {
      applyFlags(VALUES, flags === 'cells' ? CELLS : FLAGS, elements, scale)
    },
  }
}

export type Kernel = ReturnType<typeof createKernel>

function instantiate<Exports>(base64: string, memory: WebAssembly.Memory): Exports {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  return exports as unknown as Exports
}
