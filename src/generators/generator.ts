/**
 * What a generator is to the rest of the library: it decides 128 noise cells at a time, on the CPU and in WGSL, from a
 * draw and a keep rule that nobody else takes apart.
 */

import type { DrawOptions } from '../options.js'

/**
 * What a mask is drawn with: plain data, opaque to all but its generator. Only the mask stage reads `cellOffset`, the
 * first cell of the window that it draws.
 */
export interface Draw {
  readonly cellOffset: number
}

/** What a rate means to a generator: plain data, opaque to all but the generator. */
export type KeepRule = Readonly<Record<string, number>>

/** Writes the keep flags of 128 cells, those of a group of the stream, into four words. */
export type GroupDrawer = (group: number, keep: Int32Array) => void

export interface Generator {
  /** With the version of its stream, which never changes under the same name. */
  readonly name: string
  /** Reads what selects the random bits of one call over `cells` noise cells. */
  readDraw(options: DrawOptions, cells: number): Draw
  /** What a checked rate means to the draws. */
  keepRule(rate: number): KeepRule
  /** What kept values are multiplied by, a float32: 0 at rate 1. Frameworks round it in different ways. */
  scale(rate: number): number
  /** The generator on the CPU. */
  drawer(rule: KeepRule, draw: Draw): GroupDrawer
  /** The generator on the GPU. */
  readonly shader: GeneratorShader
}

/** Parameters of a draw as bytes, and the WGSL modules that read them. */
export interface GeneratorShader {
  /** They define `struct DrawParams` and `fn keep_flags(group: vec2<u32>) -> vec4<u32>`; see shaders/mask.wgsl. */
  readonly modules: readonly string[]
  /** Size of `DrawParams`. */
  readonly bytes: number
  /** Writes `DrawParams` into `view`. */
  write(view: DataView, rule: KeepRule, draw: Draw): void
}
