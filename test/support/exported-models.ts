/** The exported models of test/support/points, with weights from a seed and feeds that fit. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { TensorProto } from 'onnx-buf'
import * as ort from 'onnxruntime-web'
import { decode, FLOAT, toBytes } from './onnx-models'

const folder = join(import.meta.dirname, 'points')

/** Where the network has its dropout in training. */
interface TruePlace {
  tensor: string
  /** null if not known. */
  rate: number | null
  kind: string
  /** The noise shape, and the first of the random nodes, where the model has such nodes. */
  noise?: (number | string)[]
  random?: string
}

export const exportedNames = readdirSync(folder)
  .filter((name) => name.endsWith('.onnx.gz'))
  .map((name) => name.slice(0, -'.onnx.gz'.length))

export function exportedModel(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gunzipSync(readFileSync(join(folder, `${name}.onnx.gz`))))
}

export function truePlaces(name: string): TruePlace[] {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
}

/** Uniform numbers in [0, 1) from a seed. */
function uniform(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Weights of more than this many elements are stored as zeros. */
const LARGEST_STORED = 64

/** The model with random weights, so scaled that activations neither vanish nor explode (He et al. 2015). */
export function withWeights(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const model = decode(bytes)
  const next = uniform(7)
  const fill = (tensor: TensorProto) => {
    const dims = tensor.dims.map(Number)
    const count = dims.reduce((a, b) => a * b, 1)
    if (count <= LARGEST_STORED || tensor.dataType !== FLOAT) return
    const isVector = dims.length < 2 // a bias, a scale or a variance: positive
    const inputs = dims.length === 2 ? Math.min(...dims) : count / dims[0]
    const values = Float32Array.from({ length: count }, () =>
      isVector ? 0.5 + next() : (2 * next() - 1) * Math.sqrt(3 / inputs),
    )
    tensor.floatData = []
    tensor.rawData = new Uint8Array(values.buffer)
  }
  model.graph?.initializer.forEach(fill)
  for (const { attribute } of model.graph?.node ?? []) for (const { t } of attribute) if (t) fill(t)
  return toBytes(model)
}

/** Sizes of dims that a model leaves open, by the number of dims of the input. */
const OPEN_SIZES: Readonly<Record<number, number>> = { 2: 7, 4: 16 }

/** Random feeds for the inputs of these names: words, pictures or sounds. */
export function exportedFeeds(bytes: Uint8Array, inputNames: readonly string[]): Record<string, ort.Tensor> {
  const next = uniform(3)
  const inputs = (decode(bytes).graph?.input ?? []).filter(({ name }) => inputNames.includes(name))
  return Object.fromEntries(
    inputs.map(({ name, type }) => {
      if (type?.value.case !== 'tensorType') throw new Error(`internal: input ${name} is no tensor`)
      const { elemType, shape } = type.value.value
      const dims = (shape?.dim ?? []).map(({ value }, axis, { length }) => {
        if (value.case === 'dimValue') return Number(value.value)
        const isSound = elemType === FLOAT && length === 2
        return axis === 0 ? 2 : isSound ? 800 : OPEN_SIZES[length]
      })
      const count = dims.reduce((a, b) => a * b, 1)
      const word = () => BigInt(name === 'attention_mask' ? 1 : 1 + Math.floor(next() * 50))
      return elemType === FLOAT
        ? [
            name,
            new ort.Tensor(
              'float32',
              Float32Array.from({ length: count }, () => next() * 4 - 2),
              dims,
            ),
          ]
        : [name, new ort.Tensor('int64', BigInt64Array.from({ length: count }, word), dims)]
    }),
  )
}
