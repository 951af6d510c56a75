/** Dropout on the user's own device, buffers and command encoder: records both passes, submits nothing. */

import { tensorBytes } from '../elements/element.js'
import type { Draw } from '../generators/generator.js'
import { DRAW_NAMES, DROPOUT_NAMES, type DrawOptions, type DropoutOptions, SPLIT } from '../options.js'
import { readDraw, resolveDropout } from '../resolve.js'
import { type Names, readFlag, readInteger, readOptions, reject, show } from '../validation.js'
import { createPasses } from './passes.js'
import { readDevice, readEncoder, readTensors, type TensorBinding } from './tensors.js'

export interface DropoutOpOptions extends DropoutOptions {
  /**
   * Maximum number of calls that are recorded but not yet submitted: 1 to 65536, default 256. One more would overwrite
   * the parameters of the first. Each takes at least 256 bytes.
   */
  maxPendingCalls?: number
}

const OP_NAMES = { ...DROPOUT_NAMES, maxPendingCalls: true } satisfies Names<DropoutOpOptions>

export interface EncodeOptions extends DrawOptions {
  /** Reuse the mask of the previous call, which must have the same draw, e.g. in the backward pass. Default false. */
  reuseMask?: boolean
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
   * Resolves when the device has accepted the pipelines, the buffers, and the tensors of all calls recorded so far;
   * rejects with `WebGPUFailureError` otherwise. A buffer from another device is only detected here, so await it
   * between `encode` and `submit` if that can happen. A destroyed buffer is only detected on submission.
   */
  readonly ready: Promise<void>
  /**
   * Records both passes; the caller submits.
   *
   * @param tensors float32 tensors of the op's shape: a GPUBuffer with usage STORAGE, or a range of one whose offset
   *   respects the device's alignment. Pass the same range twice to work in place.
   * @throws RangeError or TypeError for an argument outside its documented range or an unknown option name;
   *   nothing is recorded in that case
   */
  encode(
    encoder: GPUCommandEncoder,
    tensors: { input: TensorBinding; output: TensorBinding },
    options: EncodeOptions,
  ): void
  /** Destroys the op's own buffers (mask and parameters), but not yours. */
  destroy(): void
}

/**
 * Prepares dropout on your own device.
 *
 * @throws RangeError or TypeError for an option outside its documented range or an unknown option name, or a tensor
 *   beyond the device's limits
 */
export function createDropout(device: GPUDevice, options: DropoutOpOptions): DropoutOp {
  readDevice(device)
  const dropout = resolveDropout(readOptions(options, OP_NAMES, 'Pass e.g. { shape: [2, 3], rate: 0.5 }'))
  const { maxPendingCalls = 256 } = options
  const pending = readInteger('maxPendingCalls', maxPendingCalls, 65536, '65536', 'Pass e.g. 256', 1)
  const bytes = tensorBytes(dropout.element, dropout.elements)
  if (bytes > device.limits.maxBufferSize) {
    const rule = `it takes ${bytes} bytes and this device allows ${device.limits.maxBufferSize} in a buffer`
    reject(RangeError, 'shape', dropout.shape, rule, SPLIT)
  }
  const passes = createPasses(device, dropout, pending)
  let last: Draw | undefined
  let destroyed = false

  return {
    shape: dropout.shape,
    noiseShape: dropout.noiseShape,
    maskBuffer: passes.maskBuffer,
    get ready() {
      return passes.ready
    },
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
      passes.record(encoder, passes.bind(output, input), reuse ? undefined : draw)
      last = draw
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
