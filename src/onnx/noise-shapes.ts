/** The shapes of the noise for given feeds: declared by the model, taken from the feeds, or found by running it. */

import type { Tensor } from 'onnxruntime-web'
import { resolveNoiseShape } from '../noise-shape.js'
import { product } from '../shape.js'
import { reject } from '../validation.js'
import { OnnxModelError } from './errors.js'
import type { Feeds } from './feeds.js'
import { nameOf } from './options.js'
import type { OrtModule } from './ort.js'
import { declaredSizes, type RunInput } from './rewrite.js'
import type { Symbols } from './runtime-sizes.js'

type Shape = readonly number[]

/** What the rewritten model declares about its noise. */
export interface StatedShapes {
  inputs: readonly RunInput[]
  symbols: Symbols
  /** Whether sizes may depend on the values of the feeds. */
  followsValues: boolean
  /** For each noise input, the output with the shape of its tensor; undefined if not needed. */
  shapeOutputs: readonly (string | undefined)[]
}

/** The shape of each noise input for these feeds. */
export type NoiseShapes = (feeds: Feeds, oneMaskForBatch: boolean, run: RunOnce) => Promise<readonly Shape[]>

/** Runs the model on these feeds, with this noise. */
type RunOnce = (noise: Feeds, outputs: readonly string[]) => Promise<Feeds>

export function createNoiseShapes(
  ort: OrtModule,
  { inputs, symbols, shapeOutputs, followsValues }: StatedShapes,
): NoiseShapes {
  /** Shapes found by running the model, by what is known to determine them. */
  const found = new Map<string, (Shape | undefined)[]>()

  /** The shape of each multiplied tensor; undefined in a branch that is not taken. */
  async function tensorShapes(feeds: Feeds, run: RunOnce): Promise<(Shape | undefined)[]> {
    const sizes = new Map(
      Object.entries(feeds).flatMap(([name, { dims }]) =>
        dims.map((size, axis) => [symbols.get(name)?.[axis], size] as const),
      ),
    )
    const known = shapeOutputs.some((name) => name !== undefined) ? await shapesByRun(feeds, run) : []
    return inputs.map((input, i) => {
      if (shapeOutputs[i] !== undefined) return known[i]
      return input.shape.map((size, axis) => {
        const known = (typeof size === 'string' ? sizes.get(size) : size) ?? input.noiseShape[axis]
        if (typeof known === 'number') return known
        throw new OnnxModelError(
          `noiseshape: the size '${size}' of ${nameOf(input)} is that of an input that is not fed. Feed it, or pass a noise shape with the size.`,
        )
      })
    })
  }

  /** Runs the model once per kind of feeds, with noise of ones that is as small as possible. */
  async function shapesByRun(feeds: Feeds, run: RunOnce): Promise<(Shape | undefined)[]> {
    const key = JSON.stringify(Object.entries(feeds).map(([name, tensor]) => [name, ...kindOf(tensor)]))
    const held = found.get(key)
    if (held && !followsValues) return held
    const shapes = await readShapes(run)
    if (found.size >= MOST_KINDS) found.clear()
    found.set(key, shapes)
    return shapes
  }

  async function readShapes(run: RunOnce): Promise<(Shape | undefined)[]> {
    const ones = inputs.map((input) => {
      const dims = smallest(input)
      const count = product(dims)
      return [input.name, new ort.Tensor('float32', new Float32Array(count).fill(1), dims)]
    })
    const wanted = shapeOutputs.filter((name) => name !== undefined)
    const results = await run(Object.fromEntries(ones), wanted)
    return Promise.all(
      shapeOutputs.map((name, i) => (name === undefined ? undefined : shapeIn(results[name], inputs[i]))),
    )
  }

  return async (feeds, oneMaskForBatch, run) => {
    const tensors = await tensorShapes(feeds, run)
    const [batch] = [...symbols.keys()].flatMap((name) => feeds[name]?.dims.slice(0, 1) ?? [])
    return inputs.map((input, i) => {
      const { noiseShape } = input
      const shape = tensors[i]
      if (!shape) return smallest(input)
      assertFits(input, shape)
      const full: Shape = resolveNoiseShape(shape, noiseShape)
      const axis = oneMaskForBatch ? sharedAxis(input, shape, batch) : undefined
      const shared = full.map((size, a) => (a === axis ? 1 : size))
      return shared.slice(shared.length - noiseShape.length) // rank of the noise shape if the tensor's is unknown
    })
  }
}

/** Number of kinds of feeds whose shapes are kept. */
const MOST_KINDS = 64

const LONGEST_LIST = 64

/** The sizes of a feed, and the entries of a short list of integers or truth values: sizes and conditions come that way. */
function kindOf(tensor: Tensor): unknown[] {
  const { dims, type, size, location } = tensor
  const isList = dims.length < 2 && size <= LONGEST_LIST && !type.startsWith('float') && location === 'cpu'
  return isList ? [dims, Array.from(tensor.data as Iterable<unknown>, String)] : [dims]
}

/** The dim of a tensor that is the batch; undefined if there is none. */
function sharedAxis(input: RunInput, shape: Shape, batch: number | undefined): number | undefined {
  const { batchAxis } = input
  if (typeof batchAxis === 'number') return batchAxis
  if (batchAxis === 'none' || batch === undefined || batch === 1) return undefined
  const isOpen = (axis: number) => typeof input.shape[axis] !== 'number'
  if (batchAxis === 'unknown' && isOpen(0) && shape[0] === batch) return 0
  const isMultiple = (size: number, axis: number) => isOpen(axis) && size > 0 && size % batch === 0
  if (batchAxis === 'unknown' && !shape.some(isMultiple)) return undefined
  const rule = `the batch of ${batch} is not one of the dims of ${nameOf(input)}, [${shape.join(', ')}]: the model has merged it with another, or moved it`
  const remedy = 'Leave oneMaskForBatch out, or name a tensor before that as the point'
  reject(RangeError, 'oneMaskForBatch', true, rule, remedy)
}

/** @throws RangeError if the noise has more dims than the tensor */
function assertFits(input: RunInput, shape: Shape): void {
  const { noiseShape } = input
  if (noiseShape.length <= shape.length) return
  const rule = `the tensor has rank ${shape.length}, and it must not be longer`
  reject(RangeError, `the noise shape of ${nameOf(input)}`, noiseShape, rule, 'Pass 1 or null for each dim')
}

/** As few cells as the declaration of the input allows. */
function smallest(input: RunInput): number[] {
  return declaredSizes(input).map((size) => size ?? 1)
}

/** The shape that an output holds; undefined in a branch that is not taken, where it has no entries. */
async function shapeIn(output: Tensor, { isInside }: RunInput): Promise<Shape | undefined> {
  const shape = Array.from((await output.getData()) as BigInt64Array, Number)
  return isInside && shape.length === 0 ? undefined : shape
}
