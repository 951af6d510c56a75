/** The probe: does a device compute what the contract says? Loaded on demand, so that it adds nothing to bundles. */

import type { ProbeResult } from './probe-run.js'
import { readDevice } from './tensors.js'

export type { ProbeResult } from './probe-run.js'

const results = new WeakMap<GPUDevice, Promise<ProbeResult>>()

/**
 * Multiplies and masks 4096 chosen values and draws 2048 flags on a device, and compares all bits with the CPU's: products
 * at and beside the middle of two floats, around overflow and the smallest normal, and NaN, infinities, zeros and
 * subnormals, kept and dropped. The first call takes three pipelines and one read-back (most devices need the pipelines
 * anyway); later ones on the same device return the same result. Never runs automatically: it would delay every page's
 * first dropout for a result that never changes on a device.
 *
 * @throws TypeError for what is not a GPUDevice; rejects with `WebGPUFailureError` when the device refuses
 */
export function probeDevice(device: GPUDevice): Promise<ProbeResult> {
  const held = results.get(readDevice(device))
  if (held) return held
  const made = import('./probe-run.js').then(({ runProbe }) => runProbe(device))
  results.set(device, made)
  made.catch(() => results.delete(device)) // a device short of memory may have some later
  return made
}

/** The result where there is no device: the CPU's bits are those of the contract. */
export const CPU_PROBE: ProbeResult = {
  conforms: true,
  values: 0,
  mismatches: 0,
  flags: 0,
  wrongFlags: 0,
  example: undefined,
}
