/** Both passes of one dropout on a device, recorded into one compute pass. Arguments must be validated already. */

import type { Draw } from '../generators/generator.js'
import { planApply, planMask } from '../plan.js'
import type { Dropout } from '../resolve.js'
import { type BoundTensors, createApplyPass, type TensorPlace } from './apply.js'
import { bothChecked, scoped } from './errors.js'
import { createMaskPass } from './mask.js'
import { tuningFor } from './tuning.js'

export interface Passes {
  readonly maskBuffer: GPUBuffer
  /** Resolves when the device has accepted the pipelines and the buffers. */
  readonly ready: Promise<void>
  /** See `ApplyPass.bind`; what it returns is `checked` together with the pipelines and buffers. */
  bind(output: TensorPlace, input?: TensorPlace): BoundTensors
  /**
   * Draws a mask and applies it; without a draw, applies the mask that is there. The promise rejects if the device refused
   * the tensors or what the call needs.
   */
  record(encoder: GPUCommandEncoder, tensors: BoundTensors, draw: Draw | undefined): Promise<void>
  destroy(): void
}

/** Calls that share the first buffer of parameters: few, because an op may be used once. */
const FIRST_CALLS = 4

/** @throws RangeError for a tensor or a mask beyond the device's limits */
export function createPasses(device: GPUDevice, dropout: Dropout): Passes {
  const tuning = tuningFor(device)
  const maskPlan = planMask(dropout.cells, device.limits, tuning)
  const applyPlan = planApply(dropout, device.limits, tuning)
  const { result, checked } = scoped(device, 'createDropout', () => {
    const mask = createMaskPass(device, dropout, maskPlan, tuning, FIRST_CALLS)
    return { mask, apply: createApplyPass(device, dropout, applyPlan, tuning, mask.buffer) }
  })
  const { mask, apply } = result
  /** What the last call waits for: the next one usually has the same tensors, and parameters in the same buffer. */
  let joined: { tensors: BoundTensors; params: Promise<void>; both: Promise<void> } | undefined
  return {
    maskBuffer: mask.buffer,
    ready: checked,
    bind: (output, input) => apply.bind(output, input, checked),
    record(encoder, tensors, draw) {
      const slot = draw && mask.prepare(draw)
      const pass = encoder.beginComputePass({ label: 'noiseshape/dropout/pass' })
      if (slot) mask.record(pass, slot)
      apply.record(pass, tensors)
      pass.end()
      if (!slot) return tensors.checked
      if (joined?.tensors !== tensors || joined.params !== slot.checked) {
        const both = bothChecked(slot.checked, tensors.checked)
        joined = { tensors, params: slot.checked, both }
      }
      return joined.both
    },
    destroy() {
      mask.destroy()
      apply.destroy()
    },
  }
}
