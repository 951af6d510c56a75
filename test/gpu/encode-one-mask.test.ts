import { createDropout } from 'noiseshape/webgpu'
import { describe, expect, test } from 'vitest'
import { expectSameBits } from '../support/compare'
import { useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { judgeDropout } from '../support/judge'
import { caught, expectRefusal } from '../support/refusals'

const gpu = useGpu()

describe("createDropout on the user's device", () => {
  const shape = [6, 40]
  const x = input(shape, 1)
  const call = { seed: 3, stream: 1, step: 2 }
  const opOf = (oneMaskForBatch?: boolean) => createDropout(gpu.device, { shape, rate: 0.5, oneMaskForBatch })

  test.each([
    { created: true, called: true },
    { created: true, called: false },
    { created: true, called: undefined },
    { created: false, called: false },
    { created: undefined, called: undefined },
  ])('created with $created and called with $called', async ({ created, called }) => {
    const op = opOf(created)
    const [source, output] = [gpu.buffer(x), gpu.buffer(x.byteLength)]
    gpu.submit((encoder) =>
      op.encode(encoder, { input: source, output }, { ...call, oneMaskForBatch: called }),
    )
    const noiseShape = created ? [1, 40] : shape
    expect(op.noiseShape).toEqual(noiseShape)
    expectSameBits(await gpu.read(output), judgeDropout(x, { shape, rate: 0.5, noiseShape, ...call }))
    op.destroy()
  })

  test('a call with it on an op created without it is refused', async () => {
    const op = opOf()
    const tensor = gpu.buffer(x)
    const encode = async (oneMaskForBatch: unknown) =>
      gpu.submit((encoder) => {
        const options = { ...call, oneMaskForBatch: oneMaskForBatch as boolean }
        op.encode(encoder, { input: tensor, output: tensor }, options)
      })
    expectRefusal(await caught(() => encode(true)), RangeError, [
      'oneMaskForBatch',
      '[6, 40]',
      'Create the op',
    ])
    expectRefusal(await caught(() => encode(1)), TypeError, ['oneMaskForBatch', '1', 'boolean'])
    op.destroy()
  })

  test('another type is refused when the op is created', async () => {
    const error = await caught(async () => opOf('yes' as unknown as boolean))
    expectRefusal(error, TypeError, ['oneMaskForBatch', "'yes'", 'boolean'])
  })
})
