/** What was created here is destroyed here, and the bytes of buffers are counted: an out-of-memory error names no sizes. */

let requested = 0

/** Bytes of all buffers created so far: the difference of two readings is what was requested between them. */
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
  /** A buffer that is owned, by the name `noiseshape/<stage>/<name>`. */
  buffer(name: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer
  /** Destroys one of them now. */
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
