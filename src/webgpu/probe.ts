/**
 * The probe: does a device compute what the contract says? Asked of each once. What it takes is loaded when it is asked,
 * so that it adds nothing to everyone's bundle.
 */

import type { ProbeResult } from './probe-run.js'
import { readDevice } from './tensors.js'

export type { ProbeResult } from './probe-run.js'

const perDevice = new WeakMap<GPUDevice, Promise<ProbeResult>>()

/**
 * Multiplies and masks 4096 chosen values and draws 2048 flags on a device, and compares all bits with the CPU's: products
 * at and beside the middle of two floats, around overflow and the smallest normal, and NaN, infinities, zeros and
 * subnormals, kept and dropped. The first call takes three pipelines and one read-back (most devices need the pipelines
 * anyway); later ones on the same device give its result again. Nothing runs it unasked, because that would stand before
 * the first dropout of every page for what on one device is always the same.
 *
 * @throws TypeError for what is no GPUDevice; rejects with `WebGPUFailureError` when the device refuses
 */
export function probeDevice(device: GPUDevice): Promise<ProbeResult> {
  const held = perDevice.get(readDevice(device))
  if (held) return held
  const made = import('./probe-run.js').then(({ runProbe }) => runProbe(device))
  perDevice.set(device, made)
  made.catch(() => perDevice.delete(device)) // a device short of memory may have some later
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
