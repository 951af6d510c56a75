/** GPU errors as exceptions, with their cause and the stage that failed. */

import { whenResolved } from '../interruption.js'
import { requestedBytes } from './owned.js'

/** No GPU is available: no WebGPU, no adapter, or no device. */
export class WebGPUUnavailableError extends Error {
  override name = 'WebGPUUnavailableError'
}

/** The device was lost: a driver reset, a crash of the GPU process, or `device.destroy()`. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError'
}

export function deviceLost(info: GPUDeviceLostInfo): DeviceLostError {
  const { reason, message } = info
  return new DeviceLostError(`noiseshape: the GPU device was lost (${reason}): ${message}`)
}

/** A call can fail before `device.lost` resolves; wait this long to report the real cause. */
const LOSS_NEWS_MS = 50

/** The loss of the device if that is what caused an error, otherwise the error itself. */
export async function causeOf(error: unknown, device: GPUDevice | undefined): Promise<unknown> {
  if (!device) return error
  return new Promise((resolve) => {
    const stopWatching = whenResolved(device.lost, (info) => {
      clearTimeout(timer)
      resolve(deviceLost(info))
    })
    const timer = setTimeout(() => {
      stopWatching()
      resolve(error)
    }, LOSS_NEWS_MS)
  })
}

/** The device refused an operation: out of memory, or invalid. `cause` is the `GPUError`. */
export class WebGPUFailureError extends Error {
  override name = 'WebGPUFailureError'
  /** If out of memory: total bytes of the requested buffers. */
  readonly requestedBytes: number | undefined
  /** If out of memory: maximum bytes per buffer on this device. */
  readonly maxBufferSize: number | undefined

  constructor(message: string, options?: ErrorOptions, requestedBytes?: number, maxBufferSize?: number) {
    super(message, options)
    this.requestedBytes = requestedBytes
    this.maxBufferSize = maxBufferSize
  }
}

const FILTERS = ['out-of-memory', 'validation', 'internal'] as const

/**
 * Runs `body`, which must be synchronous, inside error scopes, so that GPU errors become exceptions here instead of
 * events on a device that may be the user's. Returns the result at once; `checked` rejects if the device refused.
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
    for (const pop of pops) pop.catch(() => {}) // nothing else waits for them if `body` throws
  }
  const checked = check(label, pops, requestedBytes() - before, device.limits.maxBufferSize)
  checked.catch(() => {}) // never an unhandled rejection
  return { result, checked }
}

/** Joins two checks; never causes an unhandled rejection. */
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
  // Out of memory also leaves an invalid buffer, which then fails validation. Its scope is popped last.
  const cause = errors.at(-1)
  if (!cause) return
  const kind = cause.constructor.name.replace(/^GPU|Error$/g, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
  const failed = `noiseshape: ${label} failed (${kind.toLowerCase()})`
  if (kind !== 'Out Of Memory') throw new WebGPUFailureError(`${failed}: ${cause.message}`, { cause })
  const sizes = `requested ${bytes} bytes of buffers; this device allows up to ${maxBufferSize} per buffer, memory permitting`
  throw new WebGPUFailureError(`${failed}: ${sizes}. ${cause.message}`, { cause }, bytes, maxBufferSize)
}
