/** Wrong devices, encoders, buffers and ranges are refused before anything is recorded: the fixture sees no GPU error. */

import { describe, expect, test } from 'vitest'
import { createEngine } from '../../src/index.js'
import { createDropout, type EncodeOptions, type TensorBinding } from '../../src/webgpu/index.js'
import { expectSameBits } from '../support/compare'
import { storageUsage, useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { judgeDropout } from '../support/judge'
import { caught, expectRefusal } from '../support/refusals'

const gpu = useGpu()

const layer = { shape: [6, 16], rate: 0.5 }
const BYTES = 4 * 6 * 16
const call = { seed: 1 }
const x = input(layer.shape, 1)

interface Tensors {
  input: TensorBinding
  output: TensorBinding
}

const align = () => gpu.device.limits.minStorageBufferOffsetAlignment
const tensors = (): Tensors => ({ input: gpu.buffer(x), output: gpu.buffer(BYTES) })

/** Records with one thing changed, gives the error, and checks that the encoder is still good. */
async function refused(change: Partial<Tensors>, options: object = call): Promise<Error> {
  const op = createDropout(gpu.device, layer)
  const encoder = gpu.device.createCommandEncoder()
  const error = await caught(async () =>
    op.encode(encoder, { ...tensors(), ...change }, options as EncodeOptions),
  )
  const good = tensors()
  op.encode(encoder, good, call)
  gpu.device.queue.submit([encoder.finish()])
  const expected = judgeDropout(x, { ...layer, ...call })
  expectSameBits(await gpu.read(good.output as GPUBuffer), expected, {
    what: 'the call after the refused one',
  })
  op.destroy()
  return error
}

describe('buffers', () => {
  test('the control passes: buffers of exactly the size, with no usage but STORAGE', async () => {
    const op = createDropout(gpu.device, layer)
    const bare = () => gpu.buffer(BYTES, GPUBufferUsage.STORAGE)
    let accepted: Promise<void> | undefined
    gpu.submit((encoder) => {
      accepted = op.encode(encoder, { input: bare(), output: bare() }, call)
    })
    await accepted
    op.destroy()
  })

  test.each(['input', 'output'] as const)(
    '%s one element too small is refused with both sizes',
    async (name) => {
      const error = await refused({ [name]: gpu.buffer(BYTES - 4) })
      expectRefusal(error, RangeError, [name, String(BYTES - 4), String(BYTES), 'bytes'])
    },
  )

  test.each(['input', 'output'] as const)('%s with a size one element too small is refused', async (name) => {
    const error = await refused({ [name]: { buffer: gpu.buffer(BYTES), size: BYTES - 4 } })
    expectRefusal(error, RangeError, [name, String(BYTES - 4), String(BYTES), 'bytes'])
  })

  test.each(['input', 'output'] as const)(
    '%s with too little room behind its offset is refused',
    async (name) => {
      const error = await refused({ [name]: { buffer: gpu.buffer(BYTES + align() - 4), offset: align() } })
      expectRefusal(error, RangeError, [name, String(BYTES - 4), String(BYTES), 'bytes'])
    },
  )

  test.each(['input', 'output'] as const)(
    '%s with a size beyond the end of its buffer is refused',
    async (name) => {
      const error = await refused({ [name]: { buffer: gpu.buffer(BYTES), size: BYTES + 4 } })
      expectRefusal(error, RangeError, [name, String(BYTES + 4), String(BYTES)])
    },
  )

  test.each(['input', 'output'] as const)('%s without usage STORAGE is refused', async (name) => {
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const error = await refused({ [name]: gpu.buffer(BYTES, usage) })
    expectRefusal(error, [RangeError, TypeError], [name, String(usage), 'STORAGE'])
  })

  test.each(['input', 'output'] as const)(
    '%s at an offset that no binding may begin at is refused',
    async (name) => {
      const room = gpu.buffer(BYTES + 2 * align())
      for (const offset of [4, align() - 4, align() + 4]) {
        const error = await refused({ [name]: { buffer: room, offset } })
        expectRefusal(error, RangeError, [`${name}.offset`, String(offset), String(align())])
      }
    },
  )

  test.each([-4, 0.5, Number.NaN, 2 ** 40])('an offset of %d is refused', async (offset) => {
    const error = await refused({ input: { buffer: gpu.buffer(BYTES), offset } })
    expectRefusal(error, RangeError, ['input.offset', String(offset)])
  })

  test('an offset of text is refused', async () => {
    const error = await refused({ input: { buffer: gpu.buffer(BYTES), offset: '0' as unknown as number } })
    expectRefusal(error, TypeError, ['input.offset', "'0'"])
  })

  test('ranges of one buffer that overlap are refused, whichever comes first', async () => {
    const buffer = gpu.buffer(BYTES + align(), storageUsage())
    const first = { buffer, offset: 0, size: BYTES }
    const second = { buffer, offset: align(), size: BYTES }
    expect(align()).toBeLessThan(BYTES)
    expectRefusal(await refused({ input: first, output: second }), RangeError, ['output', String(align())])
    expectRefusal(await refused({ input: second, output: first }), RangeError, ['output', String(align())])
  })

  test.each([
    { name: 'nothing', value: undefined, says: ['undefined', 'GPUBuffer'] },
    { name: 'null', value: null, says: ['null', 'GPUBuffer'] },
    { name: 'a Float32Array', value: new Float32Array(96), says: ['Float32Array', 'GPUBuffer'] },
    { name: 'a range without a buffer', value: { offset: 0 }, says: ['GPUBuffer'] },
  ])('$name as a tensor is refused', async ({ value, says }) => {
    const wrong = value as unknown as TensorBinding
    expectRefusal(await refused({ input: wrong }), TypeError, ['input', ...says])
    expectRefusal(await refused({ output: wrong }), TypeError, ['output', ...says])
  })
})

describe('names', () => {
  test.each([
    { name: 'reuse_mask', value: true, says: [/Pass it as reuseMask\.$/] },
    { name: 'rate', value: 0.5, says: ['options.rate is 0.5', 'the names are seed, stream, step'] },
    { name: 'noiseShape', value: [1, 16], says: ['options.noiseShape', 'the names are'] },
    { name: 'steps', value: 1, says: [/Pass it as step\.$/] },
  ])('$name as an option of a call is refused', async ({ name, value, says }) => {
    expectRefusal(await refused({}, { ...call, [name]: value }), RangeError, [`options.${name} is`, ...says])
  })

  test('another name among the tensors is refused', async () => {
    const error = await refused({ inputs: gpu.buffer(BYTES) } as Partial<Tensors>)
    expectRefusal(error, RangeError, ['tensors.inputs is', /Pass it as input\.$/])
  })

  test('another name in a range is refused', async () => {
    const range = { buffer: gpu.buffer(BYTES + align()), ofset: align() } as unknown as TensorBinding
    expectRefusal(await refused({ input: range }), RangeError, ['input.ofset is', /Pass it as offset\.$/])
    const bytes = { buffer: gpu.buffer(BYTES), byteLength: BYTES } as TensorBinding
    const error = await refused({ output: bytes })
    expectRefusal(error, RangeError, ['output.byteLength is', 'the names are buffer, offset, size'])
  })

  test('nothing as tensors is refused with what they are', async () => {
    const op = createDropout(gpu.device, layer)
    const encoder = gpu.device.createCommandEncoder()
    const error = await caught(async () => op.encode(encoder, undefined as never, call))
    expectRefusal(error, TypeError, ['tensors is undefined', 'Pass { input, output }'])
    op.destroy()
  })

  test('a call without options is refused with an example', async () => {
    const op = createDropout(gpu.device, layer)
    const encoder = gpu.device.createCommandEncoder()
    const error = await caught(async () => op.encode(encoder, tensors(), undefined as never))
    expectRefusal(error, TypeError, ['options is undefined', 'Pass e.g. { seed: 42, step: 0 }'])
    op.destroy()
  })

  test.each([
    { options: { ...layer, noise_shape: [1, 16] }, says: [/Pass it as noiseShape\.$/] },
    { options: { ...layer, seed: 1 }, says: ['options.seed is 1', 'the names are shape, rate, noiseShape'] },
  ])('createDropout refuses $options', async ({ options, says }) => {
    expectRefusal(await caught(async () => createDropout(gpu.device, options)), RangeError, says)
  })

  test('createDropout without options is refused with an example, which has no seed', async () => {
    const error = await caught(async () => createDropout(gpu.device, undefined as never))
    expectRefusal(error, TypeError, ['options is undefined', 'Pass e.g. { shape: [2, 3], rate: 0.5 }'])
  })
})

test('an engine sends a GPUBuffer to noiseshape/webgpu', async () => {
  for (const backend of ['webgpu', 'cpu'] as const) {
    const engine = await createEngine(backend === 'cpu' ? { backend } : { backend, device: gpu.device })
    const error = await caught(() => engine.dropout(gpu.buffer(x) as never, { ...layer, ...call }))
    expectRefusal(error, TypeError, ['x is', 'GPUBuffer', 'Use createDropout of noiseshape/webgpu'])
    engine.destroy()
  }
})

describe('the encoder', () => {
  test.each([
    { name: 'nothing', make: () => undefined, says: 'undefined' },
    { name: 'the device', make: () => gpu.device, says: 'GPUDevice' },
    { name: 'the queue', make: () => gpu.device.queue, says: 'GPUQueue' },
  ])('$name as encoder is refused', async ({ make, says }) => {
    const op = createDropout(gpu.device, layer)
    const error = await caught(async () => op.encode(make() as unknown as GPUCommandEncoder, tensors(), call))
    expectRefusal(error, TypeError, ['encoder', says, 'GPUCommandEncoder'])
    op.destroy()
  })

  test('a compute pass as encoder is refused', async () => {
    const op = createDropout(gpu.device, layer)
    const encoder = gpu.device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    const error = await caught(async () => op.encode(pass as unknown as GPUCommandEncoder, tensors(), call))
    expectRefusal(error, TypeError, ['encoder', 'GPUComputePassEncoder', 'GPUCommandEncoder'])
    pass.end()
    encoder.finish()
    op.destroy()
  })
})

describe('reuseMask', () => {
  test('before any call there is no mask to reuse', async () => {
    const op = createDropout(gpu.device, layer)
    const encoder = gpu.device.createCommandEncoder()
    const error = await caught(async () => op.encode(encoder, tensors(), { ...call, reuseMask: true }))
    expectRefusal(error, RangeError, ['reuseMask', 'mask'])
    op.destroy()
  })

  test.each([{ seed: 2 }, { seed: 1, stream: 1 }, { seed: 1, step: 1 }, { seed: 1, cellOffset: 1 }])(
    'the mask of another call is refused: %o',
    async (other) => {
      const op = createDropout(gpu.device, layer)
      const encoder = gpu.device.createCommandEncoder()
      op.encode(encoder, tensors(), call)
      const error = await caught(async () => op.encode(encoder, tensors(), { ...other, reuseMask: true }))
      expectRefusal(error, RangeError, ['reuseMask', 'seed', 'stream', 'call', 'cellOffset'])
      op.destroy()
    },
  )

  test('the same draw in other notation is the same draw', () => {
    const op = createDropout(gpu.device, layer)
    const same = { seed: 1n, stream: 0, step: 0n, cellOffset: 0, reuseMask: true }
    gpu.submit((encoder) => {
      op.encode(encoder, tensors(), call)
      op.encode(encoder, tensors(), same)
    })
    op.destroy()
  })

  test('text as reuseMask is refused', async () => {
    const error = await refused({}, { ...call, reuseMask: 'yes' })
    expectRefusal(error, TypeError, ['reuseMask', "'yes'", 'boolean'])
  })
})

describe('createDropout', () => {
  test.each([
    { name: 'nothing', device: undefined, says: 'undefined' },
    { name: 'an empty object', device: {}, says: 'Object' },
    { name: 'the GPU, not a device of it', device: navigator.gpu, says: 'GPU' },
    { name: 'a promise of a device', device: Promise.resolve(), says: 'Promise' },
  ])('$name as device is refused', async ({ device, says }) => {
    const error = await caught(async () => createDropout(device as unknown as GPUDevice, layer))
    expectRefusal(error, TypeError, ['device', says, 'GPUDevice'])
  })

  test('a tensor that no buffer of the device can hold is refused with both sizes', async () => {
    const { maxBufferSize } = gpu.device.limits
    const elements = Math.floor(maxBufferSize / 4) + 1
    const options = { shape: [elements], noiseShape: [1], rate: 0.5 }
    const error = await caught(async () => createDropout(gpu.device, options))
    expectRefusal(error, RangeError, ['shape', String(4 * elements), String(maxBufferSize)])
  })
})
