/** Makes a value once per device; held weakly, so it is freed with the device. */

export function perDevice<T>(make: (device: GPUDevice) => T): (device: GPUDevice) => T {
  const made = new WeakMap<GPUDevice, T>()
  return (device) => {
    let value = made.get(device)
    if (value === undefined) {
      value = make(device)
      made.set(device, value)
    }
    return value
  }
}

/** Memoizes a function by its arguments. */
export function memoized<A extends readonly (string | number | boolean)[], R>(
  make: (...args: A) => R,
): (...args: A) => R {
  const made = new Map<string, R>()
  return (...args) => {
    const key = JSON.stringify(args)
    let result = made.get(key)
    if (result === undefined) {
      result = make(...args)
      made.set(key, result)
    }
    return result
  }
}
