/** One trial: the layer asked for, run by the engine and again on the CPU, and the two compared bit by bit. */

import {
  type DrawOptions,
  type DropoutOptions,
  type Engine,
  type SpatialDropoutOptions,
  unpackMask,
} from 'noiseshape'
import { dropout, mask, spatialDropout1D, spatialDropout2D } from 'noiseshape/cpu'
import { type Options, size } from './fields.js'
import type { Layer } from './patterns.js'

export interface Trial {
  backend: 'webgpu' | 'cpu'
  result: Float32Array
  /** One 0 or 1 for each noise cell. */
  flags: Uint8Array
  kept: number
  /** One 0 or 1 for each value of the tensor. */
  lit: Uint8Array
  /** Values whose noise cell is dropped: counted from the flags, because a black pixel that is kept is 0 too. */
  dropped: number
  /** Left out when there was no GPU to compare with. */
  bits?: Agreement
}

/** How far two arrays of 32-bit patterns are the same. */
export interface Agreement {
  same: number
  of: number
  /** The first place where they differ, e.g. `value 7: 0x3f800000 on the GPU, 0x00000000 on the CPU`. */
  first?: string
}

/** Runs a layer and its mask on the engine, and on the CPU for comparison. */
export async function runTrial(
  engine: Engine,
  x: Float32Array,
  layer: Layer,
  options: Options,
): Promise<Trial> {
  const { shape, cellShape, rate, seed, stream, step } = options
  const cells = { shape, noiseShape: cellShape, rate, seed, stream, step }
  const result = await apply(engine, x, layer, options)
  const words = await engine.mask(cells)
  const flags = unpackMask(words, size(cellShape))
  const lit = spread(flags, shape, cellShape)
  const trial: Trial = {
    backend: engine.backend,
    result,
    flags,
    kept: sum(flags),
    lit,
    dropped: lit.length - sum(lit),
  }
  if (trial.backend === 'cpu') return trial
  const reference = apply({ dropout, spatialDropout1D, spatialDropout2D }, x, layer, options)
  const values = compare('value', bitsOf(result), bitsOf(reference))
  const masks = compare('mask word', words, mask(cells))
  return { ...trial, bits: { ...values, first: values.first ?? masks.first } }
}

/** What the engine (with promises) and noiseshape/cpu (without) both have. */
interface Layers<T> {
  dropout(x: Float32Array, options: DropoutOptions & DrawOptions): T
  spatialDropout1D(x: Float32Array, options: SpatialDropoutOptions & DrawOptions): T
  spatialDropout2D(x: Float32Array, options: SpatialDropoutOptions & DrawOptions): T
}

function apply<T>(on: Layers<T>, x: Float32Array, layer: Layer, options: Options): T {
  const { shape, rate, noiseShape, seed, stream, step } = options
  const draw = { shape, rate, seed, stream, step }
  return layer.method === 'dropout'
    ? on.dropout(x, { ...draw, noiseShape })
    : on[layer.method](x, { ...draw, dataFormat: layer.dataFormat })
}

/** Repeats each flag over the values that share it: broadcasting, written out. */
function spread(flags: Uint8Array, shape: readonly number[], cellShape: readonly number[]): Uint8Array {
  // The step that each dim makes through the cells: none where the noise shape is 1.
  let cells = 1
  const steps = shape.map(() => 0)
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    steps[axis] = cellShape[axis] === 1 ? 0 : cells
    cells *= cellShape[axis]
  }
  const index = shape.map(() => 0)
  const all = new Uint8Array(size(shape))
  for (let element = 0, cell = 0; element < all.length; element++) {
    all[element] = flags[cell]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      cell += steps[axis]
      if (++index[axis] < shape[axis]) break
      cell -= steps[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return all
}

function sum(flags: Uint8Array): number {
  return flags.reduce((total, flag) => total + flag, 0)
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}

function compare(what: string, gpu: Uint32Array, host: Uint32Array): Agreement {
  let same = 0
  let first: string | undefined
  for (let i = 0; i < host.length; i++) {
    if (gpu[i] === host[i]) same++
    else first ??= `${what} ${i}: ${hex(gpu[i])} on the GPU, ${hex(host[i])} on the CPU`
  }
  if (gpu.length !== host.length) first ??= `${gpu.length} ${what}s on the GPU, ${host.length} on the CPU`
  return { same, of: host.length, first }
}

function hex(bits: number | undefined): string {
  return bits === undefined ? 'nothing' : `0x${bits.toString(16).padStart(8, '0')}`
}
