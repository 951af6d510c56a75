/**
 * The interface of a generator: it decides 128 noise cells at a time, on the CPU and in WGSL, from a draw and a keep
 * rule. Only the generator looks inside those two. Its three forms are apart from what describes it, so that a bundle
 * has only those that it runs.
 */

import type { DrawOptions, GeneratorName } from '../options.js'

/**
 * Selects the random bits of a mask: plain data that JSON can hold, opaque to all but its generator, except that the mask
 * stage reads `cellOffset`, the first cell of its window.
 */
export interface Draw {
  readonly cellOffset: number
}

/** A rate in the form a generator needs: plain data, opaque to all but the generator. */
export type KeepRule = Readonly<Record<string, number>>

/** Writes the keep flags of one 128-cell group of the stream into four words. */
export type GroupDrawer = (group: number, keep: Int32Array) => void

/** Implementations name their own types of draw and keep rule. */
export interface Generator {
  /** Includes the stream's version: the stream under a given name never changes. */
  readonly name: GeneratorName
  /** Validates the options that select the random bits of a call over `cells` noise cells. */
  readDraw(options: DrawOptions, cells: number): Draw
  /** The same draw in the step that follows; after the last step, any. */
  nextStep(draw: Draw): Draw
  /** Converts a validated rate. */
  keepRule(rate: number): KeepRule
  /** The factor of kept values, a float32; 0 at rate 1. Frameworks round it differently. */
  scale(rate: number): number
}

/** A generator in JavaScript. */
export interface GeneratorCpu {
  drawer(rule: KeepRule, draw: Draw): GroupDrawer
}

/** A generator's WebAssembly module, and how the parameters it reads are written. */
export interface GeneratorSimd {
  /**
   * A compiled `*.simd.ts` file, in hexadecimal. It exports `drawGroups(params, low, high, groups, out)`, which writes
   * the keep flags of `groups` 128-cell groups of the stream, from group `low + 2^32 high` on, to address `out`: four
   * words for each, and at most 12 words more. From address `params` on, it may use 896 bytes, where `write` has put
   * its parameters.
   */
  readonly module: string
  /** Writes the parameters into `view`. */
  write(view: DataView, rule: KeepRule, draw: Draw): void
}

/** A generator's WGSL modules, and how the parameters they read are written. */
export interface GeneratorShader {
  /**
   * They define `struct DrawParams` and `fn keep_flags(group: vec2<u32>) -> vec4<u32>`, which shaders/mask.wgsl may call
   * twice for one group and for a group past the end. They read `params.draw`, and rotate by `rotate_left(x, 1..22)` and
   * `rotate_right(x, 1..9)`: other distances are wrong on SwiftShader alone.
   */
  readonly modules: readonly string[]
  /** Size of `DrawParams`. */
  readonly bytes: number
  /** Writes `DrawParams` into `view`. */
  write(view: DataView, rule: KeepRule, draw: Draw): void
}
