/**
 * The WebAssembly modules over a memory, and the room that they need there: for flags, and in a memory of their own for a
 * window of the tensor.
 */

import type { Draw, GeneratorSimd, KeepRule } from '../generators/generator.js'

/** Values per window of a tensor elsewhere: 64 KiB. */
export const WINDOW = 2 ** 14

/** Byte addresses, from the first byte of the room on. */
const AXES = 0
const PARAMS = 128
const CELLS = 1024

/** Values that are read and written at a time. */
export const BLOCK = 32

const PAGE = 2 ** 16

/** A window begins inside a group of four words, groups are drawn in fours, and two words past the last are read. */
const flagWords = (window: number) => window / 32 + 32

/** Bytes of the room that a kernel of flags needs. */
export const roomFor = (window: number) => CELLS + 8 * flagWords(window) + 4 * BLOCK

/** What a generator's module exports. */
interface DrawExports {
  drawGroups(params: number, low: number, high: number, groups: number, out: number): void
}

/** Draws the flags of whole groups of cells into `cells`, from the group `first` of the stream on. */
export type GroupsDrawer = (first: number, groups: number) => void

/**
 * The modules in a memory. It compiles nothing: each module is compiled on its first use, so that a bundle has only those it
 * uses.
 *
 * @param window values whose flags are there at a time, a multiple of 32
 * @param at address of `roomFor(window)` bytes that nothing else uses, a multiple of 4
 */
export function createFlagKernel(memory: WebAssembly.Memory, window: number, at = 0) {
  const { buffer } = memory
  const words = flagWords(window)
  const params = new DataView(buffer, at + PARAMS, CELLS - PARAMS)
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
    window,
    exportsOf,
    /** Sizes, strides and counters of axes. */
    axes: new Int32Array(buffer, at + AXES, (PARAMS - AXES) / 4),
    /** One flag per noise cell, packed like a mask. */
    cells: new Uint32Array(buffer, at + CELLS, words),
    /** One flag per element. */
    flags: new Uint32Array(buffer, at + CELLS + 4 * words, words),
    /** A block of values. */
    spare: new Float32Array(buffer, at + CELLS + 8 * words, BLOCK),

    drawer(generator: GeneratorSimd, rule: KeepRule, draw: Draw): GroupsDrawer {
      const { drawGroups } = exportsOf<DrawExports>(generator.module)
      generator.write(params, rule, draw)
      return (first, groups) =>
        drawGroups(at + PARAMS, first % 2 ** 32, Math.floor(first / 2 ** 32), groups, at + CELLS)
    },
  }
}

/** Reads and writes flags. */
export type FlagKernel = ReturnType<typeof createFlagKernel>

/** The modules in a memory of their own, which never grows. Made once per page or worker, since calls are synchronous. */
export function createKernel() {
  const valuesAt = roomFor(WINDOW)
  const pages = Math.ceil((valuesAt + 4 * WINDOW) / PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  /** A window of the tensor. */
  const values = new Float32Array(memory.buffer, valuesAt, WINDOW)
  return { ...createFlagKernel(memory, WINDOW), values }
}

export type Kernel = ReturnType<typeof createKernel>

/** Every memory has its own instance of a module, which is compiled once. */
const compiled = new Map<string, WebAssembly.Module>()

function instantiate(hex: string, memory: WebAssembly.Memory): WebAssembly.Exports {
  const module = compiled.get(hex) ?? compile(hex)
  compiled.set(hex, module)
  return new WebAssembly.Instance(module, { env: { memory } }).exports
}

function compile(hex: string): WebAssembly.Module {
  return new WebAssembly.Module(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)))
}
