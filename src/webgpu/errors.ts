/** What can go wrong on a GPU, as exceptions with a cause and the label of the stage it came from. */

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
  let result: T
  for (const filter of FILTERS) device.pushErrorScope(filter)
  try {
    result = body()
  } finally {
    for (const _ of FILTERS) pops.push(device.popErrorScope())
  }
  const checked = check(label, pops)
  checked.catch(() => {}) // whoever waits for it is told; nobody must
  return { result, checked }
}

async function check(label: string, pops: Promise<GPUError | null>[]): Promise<void> {
  const errors = (await Promise.all(pops)).filter((error) => error !== null)
  // Out of memory leaves a broken buffer behind, which then fails validation: the last scope holds the first cause.
  const cause = errors.at(-1)
  if (cause) {
    const kind = cause.constructor.name.replace(/^GPU|Error$/g, '').toLowerCase()
    throw new WebGPUFailureError(`noiseshape: ${label} failed (${kind}): ${cause.message}`, { cause })
  }
}
