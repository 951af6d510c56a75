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
  return {
    async draw(shapes, draw, stack) {
      return Object.fromEntries(
        dropoutsOf(points, shapes).map((dropout, i) => {
          const input = points.inputs[i]
          const noiseOfSample = (sample: number) =>
            computeNoise(dropout, drawOf(dropout, input, draw, sample))
          if (stack.count === 1) return [input.name, new ort.Tensor('float32', noiseOfSample(0), shapes[i])]
          const dims = stackedShape(shapes[i], stack)
          const all = new Float32Array(product(dims))
          const rows = rowsOfNoise(shapes[i], stack)
          for (let sample = 0; sample < stack.count; sample++) {
            const noise = noiseOfSample(sample)
            for (let row = 0; row < rows; row++) all.set(noise, (sample * rows + row) * noise.length)
          }
          return [input.name, new ort.Tensor('float32', all, dims)]
        }),
      )
    },
    destroy() {},
  }
}
