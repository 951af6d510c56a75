/** Dropout on the user's own device, buffers and command encoder: records both passes, submits nothing. */

import { tensorBytes } from '../elements/element.js'
import type { Draw } from '../generators/generator.js'
import { DRAW_NAMES, DROPOUT_NAMES, type DrawOptions, type DropoutOptions, SPLIT } from '../options.js'
import { readDraw, resolveDropout } from '../resolve.js'
import { type Names, readFlag, readOptions, reject, show } from '../validation.js'
import { createPasses } from './passes.js'
import { readDevice, readEncoder, readTensors, type TensorBinding } from './tensors.js'

export interface EncodeOptions extends DrawOptions {
  /**
   * The mask of the previous call again, e.g. in the backward pass; the draw must be the same. Skips the mask pass if this
   * encoder has just drawn that mask. Otherwise it draws it again, because an earlier encoder may be submitted later or
   * never: that costs one mask pass. Default false.
   */
  reuseMask?: boolean | undefined
  /** Checked, not set: true requires an op created with one mask for the batch. */
  oneMaskForBatch?: boolean | undefined
}

const ENCODE_NAMES = {
  ...DRAW_NAMES,
  reuseMask: true,
  oneMaskForBatch: true,
} satisfies Names<EncodeOptions>

/** A dropout of one shape, rate and noise shape on one device. */
export interface DropoutOp {
  readonly shape: readonly number[]
  /** The resolved noise shape, of the tensor's rank. */
  readonly noiseShape: readonly number[]
  /** Packed mask of the last executed call: bit i of word w is cell 32 w + i, 1 = kept. Usage STORAGE | COPY_SRC. */
  readonly maskBuffer: GPUBuffer
  /**
   * Resolves when the device has accepted the op's own pipelines and buffers; rejects with `WebGPUFailureError`
   * otherwise. `encode` returns the same for the tensors of a call.
   */
  readonly ready: Promise<void>
  /**
   * Records both passes; the caller submits, in any order of encoders. It has recorded when it returns: nothing needs to
   * be awaited. A call can be submitted until 16 384 more are recorded with the op: then its parameters are destroyed.
   *
   * @param tensors float32 tensors of the op's shape: a GPUBuffer with usage STORAGE, or a range of one whose offset
   *   respects the device's alignment. Pass the same range twice to work in place.
   * @returns resolves when the device has accepted the op and these tensors; rejects with `WebGPUFailureError`
   *   otherwise, which is no unhandled rejection where it is ignored. A buffer from another device is only detected here,
   *   so await it before `submit` if that can happen. A destroyed buffer is only detected on submission.
   * @throws RangeError or TypeError for an argument outside its documented range or an unknown option name; nothing is
   *   recorded in that case
   */
  encode(
    encoder: GPUCommandEncoder,
    tensors: { input: TensorBinding; output: TensorBinding },
    options: EncodeOptions,
  ): Promise<void>
  /** Destroys the op's own buffers (mask and parameters), but not yours. */
  destroy(): void
}

/**
 * Prepares dropout on your own device.
 *
 * @throws RangeError or TypeError for an option outside its documented range or an unknown option name, or a tensor
 *   beyond the device's limits
 */
export function createDropout(device: GPUDevice, options: DropoutOptions): DropoutOp {
  readDevice(device)
  const dropout = resolveDropout(
    readOptions(options, DROPOUT_NAMES, 'Pass e.g. { shape: [2, 3], rate: 0.5 }'),
  )
  const bytes = tensorBytes(dropout.element, dropout.elements)
  if (bytes > device.limits.maxBufferSize) {
    const rule = `it takes ${bytes} bytes and this device allows ${device.limits.maxBufferSize} in a buffer`
    reject(RangeError, 'shape', dropout.shape, rule, SPLIT)
  }
  const passes = createPasses(device, dropout)
  let last: Draw | undefined
  /** The mask that an encoder leaves behind. Its commands run all together or not at all, and nothing comes between. */
  const drawnIn = new WeakMap<GPUCommandEncoder, Draw>()
  let destroyed = false

  return {
    shape: dropout.shape,
    noiseShape: dropout.noiseShape,
    maskBuffer: passes.maskBuffer,
    ready: passes.ready,
    encode(encoder, tensors, encodeOptions) {
      if (destroyed) throw new Error('noiseshape: this op is destroyed. Create another with createDropout.')
      readEncoder(encoder)
      const { input, output } = readTensors(tensors, dropout, device.limits)
      const draw = readDraw(
        dropout,
        readOptions(encodeOptions, ENCODE_NAMES, 'Pass e.g. { seed: 42, step: 0 }'),
      )
      const { reuseMask, oneMaskForBatch } = encodeOptions
      readSharing(oneMaskForBatch, dropout.noiseShape)
      const reuse = readFlag('reuseMask', reuseMask, 'Pass true in the backward pass')
      if (reuse && !sameDraw(draw, last)) {
        const rule = 'the last mask was drawn with another seed, stream, step or cellOffset'
        const remedy = 'Pass those of the last call, or leave reuseMask out'
        reject(RangeError, 'reuseMask', reuseMask, rule, remedy)
      }
      const bound = passes.bind(output, input)
      const drawn = reuse && sameDraw(draw, drawnIn.get(encoder))
      const checked = passes.record(encoder, bound, drawn ? undefined : draw)
      drawnIn.set(encoder, draw)
      last = draw
      return checked
    },
    destroy() {
      destroyed = true
      passes.destroy()
    },
  }
}

/** Rejects `oneMaskForBatch` for an op created without it: the op would silently draw one mask per example. */
function readSharing(oneMaskForBatch: unknown, noiseShape: readonly number[]): void {
  const remedy = 'Create the op with oneMaskForBatch: true, or leave it out of the call'
  if (readFlag('oneMaskForBatch', oneMaskForBatch, remedy) && noiseShape.length > 0 && noiseShape[0] !== 1) {
    const rule = `the op was created with the noise shape ${show(noiseShape)}`
    reject(RangeError, 'oneMaskForBatch', oneMaskForBatch, rule, remedy)
  }
}

function sameDraw(a: Draw, b: Draw | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
