/** Draws a session's noise: into buffers on ONNX Runtime Web's device, or into arrays, with the same bits. */

import type { Tensor } from 'onnxruntime-web'
import { computeNoise } from '../cpu/arrays.js'
import type { SampleDraw } from '../monte-carlo/index.js'
import type { GeneratorName } from '../options.js'
import { type Dropout, noiseOf, readDraw, resolveDropout } from '../resolve.js'
import { product } from '../shape.js'
import type { NoiseInput } from './options.js'
import type { OrtModule } from './ort.js'
import { rowsOfNoise, type Stack, stackedShape } from './stacking.js'

/** What the noise is drawn for, and with. */
export interface NoisePoints {
  inputs: readonly NoiseInput[]
  generator: GeneratorName | undefined
}

export interface NoiseSource {
  /**
   * The noise of a stack of samples by input name; `shapes` are those of one sample. Sample s has the step
   * `draw.step + s`. Overwrites the previous noise.
   */
  draw(
    shapes: readonly (readonly number[])[],
    draw: SampleDraw,
    stack: Stack,
  ): Promise<Record<string, Tensor>>
  destroy(): void
}

/** The noise of one sample. */
export function dropoutsOf(
  { inputs, generator }: NoisePoints,
  shapes: readonly (readonly number[])[],
): Dropout[] {
  return inputs.map(({ rate }, i) => noiseOf(resolveDropout({ shape: shapes[i], rate, generator })))
}

/** What draws the noise of a point in sample `sample` of a stack. */
export function drawOf(dropout: Dropout, { stream }: NoiseInput, { seed, step }: SampleDraw, sample: number) {
  return readDraw(dropout, { seed, stream, step: step + sample })
}

export function createArrayNoise(ort: OrtModule, points: NoisePoints): NoiseSource {
  let set: ArraySet | undefined
  return {
    async draw(shapes, draw, stack) {
      const key = JSON.stringify([shapes, stack])
      if (set?.key !== key) {
        set = undefined // its memory may be taken again
        set = { key, ...allocate(ort, points, shapes, stack) }
      }
      set.arrays.forEach(({ dropout, values, rows }, i) => {
        for (let sample = 0; sample < stack.count; sample++) {
          const start = sample * rows * dropout.cells
          const noise = values.subarray(start, start + dropout.cells)
          computeNoise(dropout, drawOf(dropout, points.inputs[i], draw, sample), noise)
          for (let row = 1; row < rows; row++) values.set(noise, start + row * dropout.cells)
        }
      })
      return set.tensors
    },
    destroy() {
      set = undefined
    },
  }
}

/** Arrays for one set of noise shapes, reused by all samples: memory that is new costs more than the noise in it. */
interface ArraySet {
  key: string
  arrays: PointArray[]
  tensors: Record<string, Tensor>
}

/** The noise of one point in all samples of a stack. */
interface PointArray {
  dropout: Dropout
  values: Float32Array<ArrayBuffer>
  /** How often the noise of a sample stands there. */
  rows: number
}

function allocate(
  ort: OrtModule,
  points: NoisePoints,
  shapes: readonly (readonly number[])[],
  stack: Stack,
): Omit<ArraySet, 'key'> {
  const isStacked = stack.count > 1
  const dims = shapes.map((shape) => (isStacked ? stackedShape(shape, stack) : [...shape]))
  const arrays = dropoutsOf(points, shapes).map((dropout, i) => ({
    dropout,
    values: new Float32Array(product(dims[i])),
    rows: isStacked ? rowsOfNoise(shapes[i], stack) : 1,
  }))
  const tensors = arrays.map(({ values }, i) => [
    points.inputs[i].name,
    new ort.Tensor('float32', values, dims[i]),
  ])
  return { arrays, tensors: Object.fromEntries(tensors) }
}
