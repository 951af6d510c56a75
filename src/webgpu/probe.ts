/** Probes whether a device produces the documented bits, once per device. */

import { type ProbeResult, runProbe } from './probe-run.js'
import { readDevice } from './tensors.js'

export type { ProbeResult } from './probe-run.js'

const results = new WeakMap<GPUDevice, Promise<ProbeResult>>()

/**
 * Multiplies and masks 4096 chosen values and draws 2048 flags on a device, and compares every bit with the CPU's. The
 * values: products at and next to the midpoint of two floats, near overflow and near the smallest normal number; NaN,
 * infinities, zeros and subnormals; each kept and dropped. The first call compiles three pipelines (which dropout
 * usually needs anyway) and reads back once; later calls for the same device return the same result. Never runs
 * automatically: it would delay every page's first dropout for a result that never changes on a device.
 *
 * @throws TypeError if `device` is not a GPUDevice; rejects with `WebGPUFailureError` if the device refuses
 */
export function probeDevice(device: GPUDevice): Promise<ProbeResult> {
  const held = results.get(readDevice(device))
  if (held) return held
  const made = runProbe(device)
  results.set(device, made)
  made.catch(() => results.delete(device)) // allows a retry, e.g. after running out of memory
  return made
}

/** The result without a device: the CPU is the reference. */
export const CPU_PROBE: ProbeResult = {
  conforms: true,
  values: 0,
  mismatches: 0,
  flags: 0,
  wrongFlags: 0,
  example: undefined,
}
