/** GPU errors as exceptions, with the cause and the label of the stage. */

import { requestedBytes } from './owned.js'

/** No GPU is available: no WebGPU, no adapter, or no device. */
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

/** A call can fail before `device.lost` resolves; wait this long to report the real cause. */
const LOSS_NEWS_MS = 50

/** The loss of a device that explains an error, or else the error. */
export async function causeOf(error: unknown, device: GPUDevice | undefined): Promise<unknown> {
  if (!device) return error
  const moment = new Promise<undefined>((resolve) => setTimeout(resolve, LOSS_NEWS_MS))
  const lost = await Promise.race([device.lost, moment])
  return lost ? deviceLost(lost) : error
}

/** The device refused: out of memory, or an operation that is not valid. `cause` is the `GPUError`. */
export class WebGPUFailureError extends Error {
  override name = 'WebGPUFailureError'
  /** Where memory ran out: bytes of the buffers that were requested together. */
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
  checked.catch(() => {}) // never an unhandled rejection
  return { result, checked }
}

/** Joins two checks; never an unhandled rejection. */
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
  const sizes = `requested ${bytes} bytes of buffers; this device allows up to ${maxBufferSize} per buffer, memory permitting`
  throw new WebGPUFailureError(`${failed}: ${sizes}. ${cause.message}`, { cause }, bytes, maxBufferSize)
}
