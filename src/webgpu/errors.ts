/** What can go wrong on a GPU, as exceptions with a cause and the label of the stage it came from. */

import { requestedBytes } from './buffers.js'

/** There is no GPU to be had: no WebGPU here, no adapter, or no device. */
export class WebGPUUnavailableError extends Error {
  override name = 'WebGPUUnavailableError'
}

/** The device was lost, by a driver's reset, a crash of the GPU process, or `device.destroy()`. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError'
}

export function deviceLost({ reason, message }: GPUDeviceLostInfo): DeviceLostError {
  return new DeviceLostError(`noiseshape: the GPU device was lost (${reason}): ${message}`)
}

/** The device refused: out of memory, or an operation that is not valid. `cause` is the `GPUError`. */
export class WebGPUFailureError extends Error {
  override name = 'WebGPUFailureError'
  /** Where memory ran out: bytes of the buffers that were asked for together. */
  readonly requestedBytes: number | undefined
  /** Where memory ran out: bytes that this device allows in one buffer. */
  readonly maxBufferSize: number | undefined

  constructor(message: string, options?: ErrorOptions, requestedBytes?: number, maxBufferSize?: number) {
    super(message, options)
    this.requestedBytes = requestedBytes
    this.maxBufferSize = maxBufferSize
  }
}

const FILTERS = ['out-of-memory', 'validation', 'internal'] as const

/**
 * Runs `body`, which must not wait, inside error scopes, so that what the device refuses becomes an exception here
 * and not an event on a device that may not be ours. The result is there at once; `checked` rejects if it is no good.
 */
export function scoped<T>(
  device: GPUDevice,
  label: string,
  body: () => T,
): { result: T; checked: Promise<void> } {
  const pops: Promise<GPUError | null>[] = []
  const before = requestedBytes()
  let result: T
  for (const filter of FILTERS) device.pushErrorScope(filter)
  try {
    result = body()
  } finally {
    for (const _ of FILTERS) pops.push(device.popErrorScope())
  }
  const checked = check(label, pops, requestedBytes() - before, device.limits.maxBufferSize)
  checked.catch(() => {}) // whoever waits for it is told; nobody must
  return { result, checked }
}

/** Two checks as one, of which whoever waits is told, and nobody must. */
export function bothChecked(first: Promise<void>, second: Promise<void>): Promise<void> {
  const both = Promise.all([first, second]).then(() => {})
  both.catch(() => {})
  return both
}

async function check(
  label: string,
  pops: Promise<GPUError | null>[],
  bytes: number,
  maxBufferSize: number,
): Promise<void> {
  const errors = (await Promise.all(pops)).filter((error) => error !== null)
  // Out of memory leaves a broken buffer behind, which then fails validation: the last scope holds the first cause.
  const cause = errors.at(-1)
  if (!cause) return
  const kind = cause.constructor.name.replace(/^GPU|Error$/g, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
  const failed = `noiseshape: ${label} failed (${kind.toLowerCase()})`
  if (kind !== 'Out Of Memory') throw new WebGPUFailureError(`${failed}: ${cause.message}`, { cause })
  const sizes = `${bytes} bytes of buffers were asked for, and this device allows ${maxBufferSize} in each while it has them`
  throw new WebGPUFailureError(`${failed}: ${sizes}. ${cause.message}`, { cause }, bytes, maxBufferSize)
}
