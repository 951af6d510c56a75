/** Buffers of a test: contents in, words out. Knows no test runner and no runtime, so that both fixtures stand on it. */

export interface Buffers {
  readonly device: GPUDevice
  /** A storage buffer that can be copied from and to, with these contents or of so many bytes. */
  buffer(contents: Float32Array | Uint32Array | number, usage?: GPUBufferUsageFlags): GPUBuffer
  /** Submits what `record` records. */
  submit(record: (encoder: GPUCommandEncoder) => void): void
  /** The words of a buffer, after all work submitted so far. */
  read(buffer: GPUBuffer): Promise<Uint32Array>
}

/** `device` is asked for when it is needed: a fixture may not have it yet. */
export function buffersOn(device: () => GPUDevice): Buffers {
  const buffer: Buffers['buffer'] = (contents, usage = storageUsage()) => {
    const bytes = typeof contents === 'number' ? contents : contents.byteLength
    // A binding must not be empty, and a tensor may be: then the buffer has one word that is not the tensor's.
    const made = device().createBuffer({ label: 'test/buffer', size: Math.max(4, bytes), usage })
    if (typeof contents !== 'number') {
      device().queue.writeBuffer(made, 0, contents as GPUAllowSharedBufferSource)
    }
    return made
  }

  const submit: Buffers['submit'] = (record) => {
    const encoder = device().createCommandEncoder({ label: 'test/encoder' })
    record(encoder)
    device().queue.submit([encoder.finish()])
  }

  const read: Buffers['read'] = async (source) => {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    const staging = device().createBuffer({ label: 'test/readback', size: source.size, usage })
    submit((encoder) => encoder.copyBufferToBuffer(source, 0, staging, 0, source.size))
    await staging.mapAsync(GPUMapMode.READ)
    const words = new Uint32Array(staging.getMappedRange().slice(0))
    staging.destroy()
    return words
  }

  return {
    get device() {
      return device()
    },
    buffer,
    submit,
    read,
  }
}

/** Storage, and copies both ways: what a user's tensor usually has. */
export function storageUsage(): GPUBufferUsageFlags {
  return GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
}
