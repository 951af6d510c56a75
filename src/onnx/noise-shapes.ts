/** The shapes of the noise for given feeds: declared by the model, taken from the feeds, or found by running it. */

import type { InferenceSession, Tensor } from 'onnxruntime-web'
import { resolveNoiseShape } from '../noise-shape.js'
import { product } from '../shape.js'
import { OnnxModelError } from './errors.js'
import { type NoiseInput, nameOf } from './options.js'
import type { OrtModule } from './ort.js'
import type { Symbols } from './runtime-sizes.js'

type Feeds = Readonly<Record<string, Tensor>>
type Shape = readonly number[]

/** What the rewritten model declares about its points. */
export interface StatedShapes {
  points: readonly NoiseInput[]
  /** Whether each point is an initializer. */
  weights: readonly boolean[]
  symbols: Symbols
  /** For each point, the output with the shape of its tensor; undefined if not needed. */
  shapeOutputs: readonly (string | undefined)[]
}

/** The shape of each point's noise for these feeds. */
export type NoiseShapes = (feeds: Feeds, oneMaskForBatch: boolean) => Promise<readonly Shape[]>

export function createNoiseShapes(
  ort: OrtModule,
  session: InferenceSession,
  { points, weights, symbols, shapeOutputs }: StatedShapes,
): NoiseShapes {
  /** Shapes found by running the model, by the shapes of the feeds. */
  const found = new Map<string, (Shape | undefined)[]>()

  /** The shape of each multiplied tensor. */
  async function tensorShapes(feeds: Feeds): Promise<Shape[]> {
    const sizes = new Map(
      Object.entries(feeds).flatMap(([name, { dims }]) =>
        dims.map((size, axis) => [symbols.get(name)?.[axis], size] as const),
      ),
    )
    const known = shapeOutputs.some((name) => name !== undefined) ? await shapesByRun(feeds) : []
    return points.map(
      (point, i) =>
        known[i] ??
        point.shape.map((size, axis) => {
          const known = (typeof size === 'string' ? sizes.get(size) : size) ?? point.noiseShape[axis]
          if (typeof known === 'number') return known
          throw new OnnxModelError(
            `noiseshape: the size '${size}' of ${nameOf(point)} is that of an input that is not fed. Feed it, or pass a noise shape with the size.`,
          )
        }),
    )
  }

  /** Runs the model once per set of feed shapes, with noise of ones that is as small as possible. */
  async function shapesByRun(feeds: Feeds): Promise<(Shape | undefined)[]> {
    const key = JSON.stringify(Object.entries(feeds).map(([name, { dims }]) => [name, dims]))
    const held = found.get(key)
    if (held) return held
    const ones = points.map(({ name, shape, noiseShape }) => {
      const dims = noiseShape.map((entry, axis) => {
        const size = entry ?? shape[axis]
        return typeof size === 'number' && axis > 0 ? size : 1
      })
      const count = product(dims)
      return [name, new ort.Tensor('float32', new Float32Array(count).fill(1), dims)]
    })
    const wanted = shapeOutputs.filter((name) => name !== undefined)
    const results = await session.run({ ...feeds, ...Object.fromEntries(ones) }, wanted)
    const shapes = await Promise.all(
      shapeOutputs.map(async (name) => {
        const shape = name === undefined ? undefined : await results[name].getData()
        return shape && Array.from(shape as BigInt64Array, Number)
      }),
    )
    found.set(key, shapes)
    return shapes
  }

  return async (feeds, oneMaskForBatch) => {
    const tensors = await tensorShapes(feeds)
    return points.map(({ noiseShape }, i) => {
      const full: Shape = resolveNoiseShape(tensors[i], noiseShape)
      const shared = oneMaskForBatch && full.length > 0 && !weights[i] ? [1, ...full.slice(1)] : full
      return shared.slice(shared.length - noiseShape.length) // rank of the noise shape if the tensor's is unknown
    })
  }
}
