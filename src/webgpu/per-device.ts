/** Makes a value once per device, or once per arguments. */

/** Held weakly, so it is freed with the device. */
export function perDevice<T>(make: (device: GPUDevice) => T): (device: GPUDevice) => T {
  const made = new WeakMap<GPUDevice, T>()
  return (device) => getOrInsert(made, device, () => make(device))
}

/** Memoizes a function by its arguments. */
export function memoized<A extends readonly (string | number | boolean)[], R>(
  make: (...args: A) => R,
): (...args: A) => R {
  const made = new Map<string, R>()
  return (...args) => getOrInsert(made, JSON.stringify(args), () => make(...args))
}

/** The value of a key, which is made if there is none. */
export function getOrInsert<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const held = map.get(key)
  if (held !== undefined) return held
  const made = make()
  map.set(key, made)
  return made
}
