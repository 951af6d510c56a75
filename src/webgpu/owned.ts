/** Owners destroy what they created. Buffer sizes are counted, because out-of-memory errors do not report them. */

let requested = 0

/** Bytes of all buffers requested so far; subtract two readings to get the bytes requested in between. */
export function requestedBytes(): number {
  return requested
}

export function createBuffer(device: GPUDevice, descriptor: GPUBufferDescriptor): GPUBuffer {
  requested += descriptor.size
  return device.createBuffer(descriptor)
}

export interface Destroyable {
  destroy(): void
}

/** A set of objects that are destroyed together. */
export interface Owner extends Destroyable {
  own<T extends Destroyable>(object: T): T
  /** Creates an owned buffer labelled `noiseshape/<stage>/<name>`. */
  buffer(name: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer
  /** Destroys one object now. */
  release(object: Destroyable): void
}

export function createOwner(device: GPUDevice, stage: string): Owner {
  const owned = new Set<Destroyable>()
  const own = <T extends Destroyable>(object: T): T => {
    owned.add(object)
    return object
  }
  return {
    own,
    buffer: (name, size, usage) =>
      own(createBuffer(device, { label: `noiseshape/${stage}/${name}`, size, usage })),
    release(object) {
      object.destroy()
      owned.delete(object)
    },
    destroy() {
      for (const object of owned) object.destroy()
      owned.clear()
    },
  }
}
