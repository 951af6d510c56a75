/** Dropout on the user's own device, buffers and command encoder: both passes recorded, nothing submitted. */

import {
  type Call,
  type CallOptions,
  type DropoutOptions,
  readCall,
  readFlag,
  readInteger,
  readOptions,
  reject,
  show,
} from '../options.js'
import { planApply, planMask } from '../plan.js'
import { resolveDropout } from '../resolve.js'
import { createApplyPass } from './apply.js'
import { variantFor } from './device.js'
import { bothChecked, scoped } from './errors.js'
import { createMaskPass } from './mask.js'
import { readDevice, readEncoder, readTensors, type TensorBinding } from './tensors.js'

export interface DropoutOpOptions extends DropoutOptions {
  /**
   * How many calls may be recorded and not yet submitted: 1 to 65536, default 256. Each takes 256 bytes of
   * parameters, and the one after the last takes the place of the first.
   */
  maxPendingCalls?: number
}

export interface EncodeOptions extends CallOptions {
  /** Use the mask of the call before, which must be the same call: the backward pass. Default false. */
  reuseMask?: boolean
  /** Only what the op was created with: one mask for the batch is a noise shape. Here it is checked, not set. */
  oneMaskForBatch?: boolean | undefined
}

/** A dropout of one shape, rate and noise shape on one device. */
export interface DropoutOp {
  readonly shape: readonly number[]
  /** The resolved noise shape, of the tensor's rank. */
  readonly noiseShape: readonly number[]
  /** The packed mask of the last call executed: bit i of word w is cell 32 w + i, 1 = kept. Usage STORAGE | COPY_SRC. */
  readonly maskBuffer: GPUBuffer
  /**
   * Resolves when the device has accepted pipelines and buffers, and the tensors of all calls recorded so far; rejects
   * with `WebGPUFailureError` when it has not. WebGPU tells of a buffer of another device here and nowhere before, so
   * await it between `encode` and `submit` where buffers may be wrong. It tells of a destroyed one when that is submitted.
   */
  readonly ready: Promise<void>
  /**
   * Records both passes; the caller submits.
   *
   * @param tensors float32 tensors of the op's shape: a GPUBuffer with usage STORAGE, or a range of one whose offset
   *   respects the device's alignment. The same range twice is in place.
   * @throws RangeError or TypeError for an argument outside its documented range; nothing is recorded then
   */
  encode(
    encoder: GPUCommandEncoder,
    tensors: { input: TensorBinding; output: TensorBinding },
    options: EncodeOptions,
  ): void
  /** Destroys what the op created: the mask and the parameters. Buffers of the user are left alone. */
  destroy(): void
}

/**
 * Prepares dropout on a device of yours.
 *
 * @throws RangeError or TypeError for an option outside its documented range, or a tensor beyond the device's limits
 */
export function createDropout(device: GPUDevice, options: DropoutOpOptions): DropoutOp {
  readDevice(device)
  const dropout = resolveDropout(options)
  const { maxPendingCalls = 256 } = options
  const pending = readInteger('maxPendingCalls', maxPendingCalls, 65536, '65536', 'Pass e.g. 256', 1)
  const bytes = dropout.elements * 4
  if (bytes > device.limits.maxBufferSize) {
    const rule = `it takes ${bytes} bytes and this device allows ${device.limits.maxBufferSize} in a buffer`
    reject(RangeError, 'shape', dropout.shape, rule, 'Split the tensor and draw its parts with cellOffset')
  }
  const variant = variantFor(device)
  const maskPlan = planMask(dropout.cells, device.limits, variant)
  const applyPlan = planApply(dropout, device.limits, variant)
  const { result, checked } = scoped(device, 'createDropout', () => {
    const mask = createMaskPass(device, dropout, maskPlan, variant, pending)
    return { mask, apply: createApplyPass(device, dropout, applyPlan, variant, mask.buffer) }
  })
  const { mask, apply } = result
  let last: Call | undefined
  let destroyed = false

  return {
    shape: dropout.shape,
    noiseShape: dropout.noiseShape,
    maskBuffer: mask.buffer,
    get ready() {
      return bothChecked(checked, apply.checked)
    },
    encode(encoder, tensors, encodeOptions) {
      if (destroyed) throw new Error('noiseshape: this op is destroyed. Create another with createDropout.')
      readEncoder(encoder)
      const { input, output } = readTensors(tensors, dropout.shape, bytes, device.limits)
      const call = readCall(encodeOptions, dropout.cells)
      const { reuseMask = false, oneMaskForBatch } = readOptions(encodeOptions)
      readSharing(oneMaskForBatch, dropout.noiseShape)
      if (typeof reuseMask !== 'boolean') {
        reject(TypeError, 'reuseMask', reuseMask, 'it must be a boolean', 'Pass true in the backward pass')
      }
      if (reuseMask && !sameCall(call, last)) {
        const rule = 'the mask held is not of this seed, stream, call and cellOffset'
        reject(
          RangeError,
          'reuseMask',
          reuseMask,
          rule,
          'Pass those of the last call, or leave reuseMask out',
        )
      }
      const bound = apply.bind(input, output)
      const slot = reuseMask ? undefined : mask.prepare(encoder, call)
      const pass = encoder.beginComputePass({ label: 'noiseshape/dropout/pass' })
      if (slot !== undefined) mask.record(pass, slot)
      apply.record(pass, bound)
      pass.end()
      last = call
    },
    destroy() {
      destroyed = true
      mask.destroy()
      apply.destroy()
    },
  }
}

/** A call that wants one mask for the batch, and an op that was created without, would silently draw one for each. */
function readSharing(oneMaskForBatch: unknown, noiseShape: readonly number[]): void {
  const remedy = 'Create the op with oneMaskForBatch: true, or leave it out of the call'
  if (readFlag('oneMaskForBatch', oneMaskForBatch, remedy) && noiseShape.length > 0 && noiseShape[0] !== 1) {
    const rule = `the op was created with the noise shape ${show(noiseShape)}`
    reject(RangeError, 'oneMaskForBatch', oneMaskForBatch, rule, remedy)
  }
}

function sameCall(a: Call, b: Call | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
