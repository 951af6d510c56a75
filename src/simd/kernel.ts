/**
 * The WebAssembly modules over one memory that never grows: a window of the tensor, and its flags. Made once per page or
 * worker, since calls are synchronous.
 */

import type { Draw, GeneratorSimd, KeepRule } from '../generators/generator.js'

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

/** What a generator's module exports. */
interface DrawExports {
  drawGroups(params: number, low: number, high: number, groups: number, out: number): void
}

/** Draws the flags of whole groups of cells into `cells`, from the group `first` of the stream on. */
export type GroupsDrawer = (first: number, groups: number) => void

/** Makes the memory. It compiles nothing: each module is compiled on its first use, so that a bundle has only those it uses. */
export function createKernel() {
  const pages = Math.ceil(END / PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const { buffer } = memory
  const params = new DataView(buffer, PARAMS, CELLS - PARAMS)
  const instances = new Map<string, unknown>()

  /**
   * What a module exports, on this memory.
   *
   * @param module in hexadecimal
   * @throws CompileError where a Content-Security-Policy or the engine refuses WebAssembly or its SIMD
   */
  function exportsOf<Exports>(module: string): Exports {
    const exports = instances.get(module) ?? instantiate(module, memory)
    instances.set(module, exports)
    return exports as Exports
  }

  return {
    exportsOf,
    /** Sizes, strides and counters of axes. */
    axes: new Int32Array(buffer, AXES, (PARAMS - AXES) / 4),
    /** One flag per noise cell, packed like a mask. */
    cells: new Uint32Array(buffer, CELLS, FLAG_WORDS),
    /** One flag per element. */
    flags: new Uint32Array(buffer, FLAGS, FLAG_WORDS),
    /** The elements. */
    values: new Float32Array(buffer, VALUES, WINDOW),

    drawer(generator: GeneratorSimd, rule: KeepRule, draw: Draw): GroupsDrawer {
      const { drawGroups } = exportsOf<DrawExports>(generator.module)
      generator.write(params, rule, draw)
      return (first, groups) =>
        drawGroups(PARAMS, first % 2 ** 32, Math.floor(first / 2 ** 32), groups, CELLS)
    },
  }
}

export type Kernel = ReturnType<typeof createKernel>

function instantiate(hex: string, memory: WebAssembly.Memory): WebAssembly.Exports {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports
}
