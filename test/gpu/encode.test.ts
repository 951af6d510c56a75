/** `createDropout(...).encode(...)`: the user's device, buffers and encoder, and what must not happen to them. */

import { describe, expect, test, vi } from 'vitest'
import { createDropout } from '../../src/webgpu/index.js'
import { expectSameBits } from '../support/compare'
import { storageUsage, useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeMask } from '../support/judge'

const gpu = useGpu()

const GUARD = 0xdeadbeef

const layer = { shape: [6, 5, 7], noiseShape: [6, 1, 7], rate: 0.4 }
const call = { seed: 77n, stream: 2, step: 9 }
const draw: Draw = { ...layer, ...call }
const x = input(layer.shape, 1, 'rare')

const guards = (words: number) => new Uint32Array(words).fill(GUARD)

describe('in the user’s encoder', () => {
  test('nothing is submitted: the work is done when the user submits', async () => {
    const op = createDropout(gpu.device, layer)
    const tensors = { input: gpu.buffer(x), output: gpu.buffer(guards(x.length)) }
    const encoder = gpu.device.createCommandEncoder()
    const submit = vi.spyOn(gpu.device.queue, 'submit')
    op.encode(encoder, tensors, call)
    expect(submit).not.toHaveBeenCalled()
    submit.mockRestore()
    expectSameBits(await gpu.read(tensors.output), guards(x.length))
    gpu.device.queue.submit([encoder.finish()])
    expectSameBits(await gpu.read(tensors.output), judgeDropout(x, draw), { shape: layer.shape })
    expectSameBits(await gpu.read(tensors.input), x, { what: 'input' })
    op.destroy()
  })

  test('it runs after the commands recorded before it and before those recorded after it', async () => {
    const op = createDropout(gpu.device, layer)
    const [source, tensor, result] = [gpu.buffer(x), gpu.buffer(4 * x.length), gpu.buffer(4 * x.length)]
    gpu.submit((encoder) => {
      encoder.copyBufferToBuffer(source, 0, tensor, 0, 4 * x.length)
      op.encode(encoder, { input: tensor, output: tensor }, call)
      encoder.copyBufferToBuffer(tensor, 0, result, 0, 4 * x.length)
      encoder.clearBuffer(tensor)
    })
    expectSameBits(await gpu.read(result), judgeDropout(x, draw), { shape: layer.shape })
    op.destroy()
  })

  test('several calls in one encoder and one submit each give their own mask', async () => {
    const op = createDropout(gpu.device, layer)
    const source = gpu.buffer(x)
    const outputs = [0, 1, 2, 3, 4].map(() => gpu.buffer(4 * x.length))
    gpu.submit((encoder) => {
      outputs.forEach((output, n) => {
        op.encode(encoder, { input: source, output }, { ...call, step: n })
      })
    })
    for (const [n, output] of outputs.entries()) {
      const expected = judgeDropout(x, { ...draw, step: n })
      expectSameBits(await gpu.read(output), expected, { shape: layer.shape, what: `call ${n}` })
    }
    expectSameBits((await gpu.read(op.maskBuffer)).subarray(0, 2), judgeMask({ ...draw, step: 4 }), {
      packed: true,
    })
    op.destroy()
  })

  test.each([
    { name: '2^32', steps: [2n ** 32n - 2n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 32n + 1n] },
    { name: 'the last step', steps: [2n ** 64n - 2n, 2n ** 64n - 1n, 0n, 1n] },
  ])('steps that count up past $name each give their own mask', async ({ steps }) => {
    const op = createDropout(gpu.device, layer)
    const source = gpu.buffer(x)
    const outputs = steps.map(() => gpu.buffer(4 * x.length))
    gpu.submit((encoder) => {
      outputs.forEach((output, n) => {
        op.encode(encoder, { input: source, output }, { ...call, step: steps[n] })
      })
    })
    for (const [n, output] of outputs.entries()) {
      const expected = judgeDropout(x, { ...draw, step: steps[n] })
      expectSameBits(await gpu.read(output), expected, { shape: layer.shape, what: `step ${steps[n]}` })
    }
    op.destroy()
  })

  test('hundreds of calls in encoders that are submitted in reverse order each give their own mask', async () => {
    const op = createDropout(gpu.device, layer)
    const source = gpu.buffer(x)
    // 300 calls, with steps that count up, stay, count down and jump
    const calls = Array.from({ length: 300 }, (_, n) => ({
      output: gpu.buffer(4 * x.length),
      draw: {
        ...call,
        seed: n < 200 ? 1 : n,
        step: n < 100 ? n : n < 150 ? 7 : 400 - n,
        stream: n % 100 === 99 ? 5 : 2,
      },
    }))
    const commands = [0, 1, 2].map((part) => {
      const encoder = gpu.device.createCommandEncoder()
      for (const { output, draw } of calls.slice(100 * part, 100 * (part + 1))) {
        op.encode(encoder, { input: source, output }, draw)
      }
      return encoder.finish()
    })
    for (const one of commands.toReversed()) gpu.device.queue.submit([one])
    for (const [n, { output, draw }] of calls.entries()) {
      const expected = judgeDropout(x, { ...layer, ...draw })
      expectSameBits(await gpu.read(output), expected, { shape: layer.shape, what: `call ${n}` })
    }
    op.destroy()
  })

  test('calls in several encoders that are submitted together each give their own mask', async () => {
    const op = createDropout(gpu.device, layer)
    const source = gpu.buffer(x)
    const outputs = [0, 1, 2].map(() => gpu.buffer(4 * x.length))
    const commands = outputs.map((output, n) => {
      const encoder = gpu.device.createCommandEncoder()
      op.encode(encoder, { input: source, output }, { ...call, stream: n })
      return encoder.finish()
    })
    gpu.device.queue.submit(commands)
    for (const [n, output] of outputs.entries()) {
      const expected = judgeDropout(x, { ...draw, stream: n })
      expectSameBits(await gpu.read(output), expected, { shape: layer.shape, what: `stream ${n}` })
    }
    op.destroy()
  })

  test('two layers in a row, each with its own op, in one encoder', async () => {
    const plain = createDropout(gpu.device, { shape: layer.shape, rate: 0.2 })
    const spatial = createDropout(gpu.device, layer)
    const [a, b] = [gpu.buffer(x), gpu.buffer(4 * x.length)]
    gpu.submit((encoder) => {
      plain.encode(encoder, { input: a, output: b }, { ...call, stream: 0 })
      spatial.encode(encoder, { input: b, output: a }, { ...call, stream: 1 })
    })
    const between = judgeDropout(x, { shape: layer.shape, rate: 0.2, ...call, stream: 0 })
    const after = judgeDropout(between, { ...draw, stream: 1 })
    expectSameBits(await gpu.read(b), between, { shape: layer.shape })
    expectSameBits(await gpu.read(a), after, { shape: layer.shape })
    plain.destroy()
    spatial.destroy()
  })

  test('an op serves call after call, submit after submit, with other buffers each time', async () => {
    const op = createDropout(gpu.device, layer)
    for (let n = 0; n < 20; n++) {
      const values = input(layer.shape, n, 'rare')
      const tensors = { input: gpu.buffer(values), output: gpu.buffer(4 * values.length) }
      gpu.submit((encoder) => op.encode(encoder, tensors, { seed: n, cellOffset: 13 * n }))
      const expected = judgeDropout(values, { ...layer, seed: n, cellOffset: 13 * n })
      expectSameBits(await gpu.read(tensors.output), expected, { shape: layer.shape, what: `call ${n}` })
    }
    op.destroy()
  })

  test('a device with the default limits is enough', async () => {
    const adapter = (await navigator.gpu.requestAdapter()) as GPUAdapter
    const device = await adapter.requestDevice()
    device.pushErrorScope('validation')
    const op = createDropout(device, layer)
    const tensor = device.createBuffer({ size: 4 * x.length, usage: storageUsage() })
    const readable = { size: 4 * x.length, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }
    const staging = device.createBuffer(readable)
    device.queue.writeBuffer(tensor, 0, x as Uint32Array<ArrayBuffer>)
    const encoder = device.createCommandEncoder()
    op.encode(encoder, { input: tensor, output: tensor }, call)
    encoder.copyBufferToBuffer(tensor, 0, staging, 0, 4 * x.length)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    const got = new Uint32Array(staging.getMappedRange().slice(0))
    const error = await device.popErrorScope()
    device.destroy()
    expect(error).toBeNull()
    expectSameBits(got, judgeDropout(x, draw), { shape: layer.shape })
  })
})

describe('in place', () => {
  const LAYERS = [
    { shape: [1001], noiseShape: undefined },
    { shape: [9, 113], noiseShape: [9, 1] },
    { shape: [9, 113], noiseShape: [1, 113] },
    { shape: [4, 5, 6, 7], noiseShape: [1, 5, 1, 7] },
    { shape: [1003], noiseShape: [1] },
  ]

  test.each(LAYERS)(
    '$shape with $noiseShape gives what it gives out of place',
    async ({ shape, noiseShape }) => {
      const values = input(shape, 3, 'half')
      const op = createDropout(gpu.device, { shape, noiseShape, rate: 0.3 })
      const [source, output, inPlace] = [
        gpu.buffer(values),
        gpu.buffer(4 * values.length),
        gpu.buffer(values),
      ]
      gpu.submit((encoder) => {
        op.encode(encoder, { input: source, output }, call)
        op.encode(encoder, { input: inPlace, output: inPlace }, call)
      })
      const expected = judgeDropout(values, { shape, noiseShape, rate: 0.3, ...call })
      expectSameBits(await gpu.read(output), expected, { shape, what: 'out of place' })
      expectSameBits(await gpu.read(inPlace), expected, { shape, what: 'in place' })
      op.destroy()
    },
  )

  test('the same range passed twice works in place too', async () => {
    const offset = gpu.device.limits.minStorageBufferOffsetAlignment
    const op = createDropout(gpu.device, layer)
    const words = guards(offset / 4 + x.length + 5)
    words.set(x, offset / 4)
    const buffer = gpu.buffer(words)
    const range = () => ({ buffer, offset, size: 4 * x.length })
    gpu.submit((encoder) => op.encode(encoder, { input: range(), output: range() }, call))
    words.set(judgeDropout(x, draw), offset / 4)
    expectSameBits(await gpu.read(buffer), words)
    op.destroy()
  })
})

describe('ranges of buffers', () => {
  /** Lengths whose last packet of four is short, and some that end at a packet, a word or a workgroup. */
  const LENGTHS = [1, 2, 3, 4, 5, 6, 7, 9, 31, 33, 62, 63, 64, 65, 127, 129, 255, 257, 1023, 1025, 2047, 2049]

  test.each(LENGTHS)('a window of %i elements: no byte before or after it changes', async (length) => {
    const align = gpu.device.limits.minStorageBufferOffsetAlignment
    const values = input([length], length, 'rare')
    const drawn = { shape: [length], rate: 0.5, seed: length }
    const op = createDropout(gpu.device, { shape: [length], rate: 0.5 })
    const before = guards((2 * align) / 4 + length + 9)
    before.set(values, align / 4)
    const source = gpu.buffer(before)
    const target = gpu.buffer(guards((2 * align) / 4 + length + 9))
    const tensors = {
      input: { buffer: source, offset: align, size: 4 * length },
      output: { buffer: target, offset: 2 * align, size: 4 * length },
    }
    gpu.submit((encoder) => op.encode(encoder, tensors, { seed: length }))
    const after = guards((2 * align) / 4 + length + 9)
    after.set(judgeDropout(values, drawn), (2 * align) / 4)
    expectSameBits(await gpu.read(target), after, { what: 'output' })
    expectSameBits(await gpu.read(source), before, { what: 'input' })
    op.destroy()
  })

  test.each([
    { noiseShape: [5, 1], name: 'one flag per row' },
    { noiseShape: [1, 7], name: 'flags along the row' },
    { noiseShape: [1, 1], name: 'one flag' },
  ])('a larger buffer keeps what is behind the tensor, with $name', async ({ noiseShape }) => {
    const values = input([5, 7], 2)
    const op = createDropout(gpu.device, { shape: [5, 7], noiseShape, rate: 0.5 })
    const buffer = gpu.buffer(Uint32Array.from([...values, ...guards(30)]))
    gpu.submit((encoder) => op.encode(encoder, { input: buffer, output: buffer }, { seed: 3 }))
    const expected = judgeDropout(values, { shape: [5, 7], noiseShape, rate: 0.5, seed: 3 })
    expectSameBits(await gpu.read(buffer), Uint32Array.from([...expected, ...guards(30)]))
    op.destroy()
  })

  test('a range may be larger than the tensor, and its size may be left out', async () => {
    const offset = gpu.device.limits.minStorageBufferOffsetAlignment
    const op = createDropout(gpu.device, layer)
    const words = guards(offset / 4 + x.length + 8)
    words.set(x, offset / 4)
    const [source, target] = [gpu.buffer(words), gpu.buffer(guards(words.length))]
    const tensors = {
      input: { buffer: source, offset },
      output: { buffer: target, offset, size: 4 * x.length + 32 },
    }
    gpu.submit((encoder) => op.encode(encoder, tensors, call))
    const expected = guards(words.length)
    expected.set(judgeDropout(x, draw), offset / 4)
    expectSameBits(await gpu.read(target), expected)
    op.destroy()
  })

  test('one op serves several windows of the same two buffers, in any order', async () => {
    const step = Math.max(256, gpu.device.limits.minStorageBufferOffsetAlignment)
    const op = createDropout(gpu.device, { shape: [30], rate: 0.5 })
    const windows = [0, 1, 2, 3].map((n) => ({ n, from: 3 - n, values: input([30], n) }))
    const contents = guards(step)
    for (const { from, values } of windows) contents.set(values, (from * step) / 4)
    const [source, target] = [gpu.buffer(contents), gpu.buffer(guards(step))]
    gpu.submit((encoder) => {
      for (const { n, from } of windows) {
        const tensors = {
          input: { buffer: source, offset: from * step },
          output: { buffer: target, offset: n * step },
        }
        op.encode(encoder, tensors, { seed: n })
        const place = { buffer: source, offset: from * step }
        op.encode(encoder, { input: place, output: place }, { seed: n, reuseMask: true })
      }
    })
    const [outOfPlace, inPlace] = [guards(step), guards(step)]
    for (const { n, from, values } of windows) {
      const expected = judgeDropout(values, { shape: [30], rate: 0.5, seed: n })
      outOfPlace.set(expected, (n * step) / 4)
      inPlace.set(expected, (from * step) / 4)
    }
    expectSameBits(await gpu.read(target), outOfPlace, { what: 'out of place' })
    expectSameBits(await gpu.read(source), inPlace, { what: 'in place' })
    op.destroy()
  })

  test('an empty tensor leaves its buffers untouched', async () => {
    const op = createDropout(gpu.device, { shape: [3, 0], rate: 0.5 })
    const tensors = { input: gpu.buffer(guards(4)), output: gpu.buffer(guards(4)) }
    gpu.submit((encoder) => op.encode(encoder, tensors, call))
    expectSameBits(await gpu.read(tensors.output), guards(4))
    op.destroy()
  })
})

describe('the backward pass', () => {
  const dy = input(layer.shape, 50)
  /** Input and output of the forward pass, then of the backward pass. */
  const tensors = () => [gpu.buffer(x), gpu.buffer(4 * x.length), gpu.buffer(dy), gpu.buffer(4 * dy.length)]

  test('with reuseMask the gradient goes through the mask of the forward pass, in the same encoder', async () => {
    const op = createDropout(gpu.device, layer)
    const [source, y, gradient, dx] = tensors()
    gpu.submit((encoder) => {
      op.encode(encoder, { input: source, output: y }, call)
      op.encode(encoder, { input: gradient, output: dx }, { ...call, reuseMask: true })
    })
    expectSameBits(await gpu.read(y), judgeDropout(x, draw), { shape: layer.shape, what: 'forward' })
    expectSameBits(await gpu.read(dx), judgeDropout(dy, draw), { shape: layer.shape, what: 'backward' })
    op.destroy()
  })

  test('with reuseMask in a later submit, and again in place', async () => {
    const op = createDropout(gpu.device, layer)
    const [source, y, gradient] = [gpu.buffer(x), gpu.buffer(4 * x.length), gpu.buffer(dy)]
    gpu.submit((encoder) => op.encode(encoder, { input: source, output: y }, call))
    gpu.submit((encoder) => {
      op.encode(encoder, { input: gradient, output: gradient }, { ...call, reuseMask: true })
    })
    expectSameBits(await gpu.read(gradient), judgeDropout(dy, draw), { shape: layer.shape })
    op.destroy()
  })

  test('with reuseMask the mask is read, not drawn, if the same encoder has just drawn it', async () => {
    // A mask buffer that can be cleared.
    const real = gpu.device.createBuffer.bind(gpu.device)
    const create = vi.spyOn(gpu.device, 'createBuffer').mockImplementation((descriptor) => {
      const isMask = descriptor.label?.endsWith('/mask')
      return real({ ...descriptor, usage: descriptor.usage | (isMask ? GPUBufferUsage.COPY_DST : 0) })
    })
    const op = createDropout(gpu.device, layer)
    create.mockRestore()
    const [gradient, dx] = [gpu.buffer(dy), gpu.buffer(4 * dy.length)]
    gpu.submit((encoder) => {
      op.encode(encoder, { input: gradient, output: dx }, call)
      encoder.clearBuffer(op.maskBuffer) // now only a mask that is drawn again keeps anything
      op.encode(encoder, { input: gradient, output: dx }, { ...call, reuseMask: true })
    })
    expectSameBits(await gpu.read(dx), new Uint32Array(dy.length))
    op.destroy()
  })

  test('with reuseMask after a forward pass that was never submitted', async () => {
    const op = createDropout(gpu.device, layer)
    const [source, y, gradient, dx] = tensors()
    op.encode(gpu.device.createCommandEncoder(), { input: source, output: y }, call)
    gpu.submit((encoder) => {
      op.encode(encoder, { input: gradient, output: dx }, { ...call, reuseMask: true })
    })
    expectSameBits(await gpu.read(dx), judgeDropout(dy, draw), { shape: layer.shape })
    op.destroy()
  })

  test('with reuseMask where another mask was submitted, and the one to reuse was dropped', async () => {
    const op = createDropout(gpu.device, layer)
    const [source, y, gradient] = [gpu.buffer(x), gpu.buffer(4 * x.length), gpu.buffer(dy)]
    const forward = { input: source, output: y }
    gpu.submit((encoder) => op.encode(encoder, forward, { seed: 1 }))
    op.encode(gpu.device.createCommandEncoder(), forward, { seed: 2 })
    gpu.submit((encoder) => {
      op.encode(encoder, { input: gradient, output: gradient }, { seed: 2, reuseMask: true })
    })
    expectSameBits(await gpu.read(gradient), judgeDropout(dy, { ...layer, seed: 2 }), { shape: layer.shape })
    op.destroy()
  })

  test('with reuseMask in encoders that are submitted in another order than they were recorded', async () => {
    const op = createDropout(gpu.device, layer)
    const [source, y, gradient] = [gpu.buffer(x), gpu.buffer(4 * x.length), gpu.buffer(dy)]
    const passes = [1, 2, 3].map((seed) => {
      const dx = gpu.buffer(4 * dy.length)
      const encoder = gpu.device.createCommandEncoder()
      op.encode(encoder, { input: source, output: y }, { seed })
      op.encode(encoder, { input: gradient, output: dx }, { seed, reuseMask: true })
      return { seed, dx, commands: encoder.finish() }
    })
    for (const n of [2, 0, 1]) gpu.device.queue.submit([passes[n].commands])
    for (const { seed, dx } of passes) {
      const expected = judgeDropout(dy, { ...layer, seed })
      expectSameBits(await gpu.read(dx), expected, { shape: layer.shape, what: `seed ${seed}` })
    }
    op.destroy()
  })

  test('with reuseMask in an encoder that drew another mask before, and is submitted first', async () => {
    const op = createDropout(gpu.device, layer)
    const [source, y, gradient, dx] = tensors()
    const [first, second] = [gpu.device.createCommandEncoder(), gpu.device.createCommandEncoder()]
    op.encode(first, { input: source, output: y }, { seed: 1 })
    op.encode(second, { input: source, output: y }, { seed: 2 })
    op.encode(first, { input: gradient, output: dx }, { seed: 2, reuseMask: true })
    gpu.device.queue.submit([first.finish(), second.finish()])
    expectSameBits(await gpu.read(dx), judgeDropout(dy, { ...layer, seed: 2 }), { shape: layer.shape })
    op.destroy()
  })

  test('another op draws the same mask from the same options, so no state needs to be kept', async () => {
    const forward = createDropout(gpu.device, layer)
    const backward = createDropout(gpu.device, layer)
    const [source, y, gradient, dx] = tensors()
    gpu.submit((encoder) => {
      forward.encode(encoder, { input: source, output: y }, call)
      forward.encode(encoder, { input: source, output: y }, { ...call, step: 10 })
      backward.encode(encoder, { input: gradient, output: dx }, call)
    })
    expectSameBits(await gpu.read(dx), judgeDropout(dy, draw), { shape: layer.shape })
    forward.destroy()
    backward.destroy()
  })
})

describe('the mask buffer', () => {
  test.each([1, 31, 32, 33, 127, 128, 129, 300, 4096, 5000])(
    'holds the packed mask of %i cells, and 0 behind them',
    async (cells) => {
      for (const rate of [0, 0.3, 1]) {
        const op = createDropout(gpu.device, { shape: [cells], rate })
        const tensor = gpu.buffer(4 * cells)
        gpu.submit((encoder) => op.encode(encoder, { input: tensor, output: tensor }, call))
        const words = await gpu.read(op.maskBuffer)
        const expected = new Uint32Array(words.length)
        expected.set(judgeMask({ shape: [cells], rate, ...call }))
        expectSameBits(words, expected, { packed: true, what: `rate ${rate}` })
        op.destroy()
      }
    },
  )

  test('can be bound and copied', () => {
    const { maskBuffer, destroy } = createDropout(gpu.device, layer)
    const wanted = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC
    expect(maskBuffer.usage & wanted).toBe(wanted)
    expect(maskBuffer.size).toBeGreaterThanOrEqual(8)
    destroy()
  })
})

describe('the op itself', () => {
  test('keeps its shape and resolved noise shape when the arrays passed in are changed', () => {
    const shape = [6, 5, 7]
    const noiseShape = [null, 1]
    const op = createDropout(gpu.device, { shape, noiseShape, rate: 0.5 })
    shape[0] = 99
    noiseShape[0] = 1
    expect(op.shape).toEqual([6, 5, 7])
    expect(op.noiseShape).toEqual([1, 5, 1])
    op.destroy()
  })

  test('is ready once the device has accepted it', async () => {
    const op = createDropout(gpu.device, layer)
    await expect(op.ready).resolves.toBeUndefined()
    op.destroy()
  })

  test('after destroy, encode throws a clear error', () => {
    const op = createDropout(gpu.device, layer)
    const tensor = gpu.buffer(x)
    op.destroy()
    op.destroy()
    const encoder = gpu.device.createCommandEncoder()
    expect(() => op.encode(encoder, { input: tensor, output: tensor }, call)).toThrow(/destroyed/)
  })
})
