/** Wrong values for createDropout and encode: the right bits, or an argument error and nothing recorded. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDropout, type EncodeOptions, type TensorBinding } from '../../src/webgpu/index.js'
import { buildOptions, type Change, changes, expectArgumentError, quietly } from '../support/changes'
import { expectSameBits } from '../support/compare'
import { atLeast, fuzz, fuzzTimeout } from '../support/fuzz'
import { useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { type Draw, judgeDropout } from '../support/judge'
import { type Junk, junk, makeJunk, seldomJunk } from '../support/junk'
import { drawOf, hasOnly, isInteger, product } from '../support/rules'

const gpu = useGpu()

const layer = { shape: [6, 16], rate: 0.5 }
const BYTES = 4 * 6 * 16
const OP_NAMES = ['shape', 'rate', 'noiseShape', 'oneMaskForBatch', 'generator']
const ENCODE_NAMES = ['seed', 'stream', 'step', 'cellOffset', 'reuseMask', 'oneMaskForBatch']
/** Of the input's buffer, in which a tensor may begin at 0 or at 256 bytes. */
const content = input([(BYTES + 256) / 4], 1)
const align = () => gpu.device.limits.minStorageBufferOffsetAlignment

/** Members of a buffer's range, or what stands in its place. */
interface Range {
  whole?: Junk
  buffer?: Junk
  offset?: Junk
  size?: Junk
}

const range: fc.Arbitrary<Range> = fc.oneof(
  { arbitrary: fc.constant({}), weight: 8 },
  fc.record({ whole: junk }),
  fc.record({ buffer: junk }),
  fc.record(
    {
      offset: fc.oneof(
        junk,
        fc.constantFrom(0, 4, 256, 512).map((value) => ({ value })),
      ),
      size: fc.oneof(
        junk,
        fc.constantFrom(BYTES - 4, BYTES, BYTES + 256).map((value) => ({ value })),
      ),
    },
    { requiredKeys: [] },
  ),
)

interface Attack {
  encoder: Junk | undefined
  input: Range
  output: Range
  reuseMask: Junk | undefined
  changes: Change[]
}

const attack: fc.Arbitrary<Attack> = fc.record({
  encoder: seldomJunk(8),
  input: range,
  output: range,
  reuseMask: seldomJunk(8),
  changes,
})

test(
  'createDropout and encode give the right bits or an argument error, and then nothing is recorded',
  async () => {
    let answered = 0
    const property = fc.asyncProperty(attack, async (attack) => {
      if (await check(attack)) answered++
    })
    await fuzz('encode', property, 400)
    expect(answered).toBeGreaterThanOrEqual(atLeast(20))
  },
  fuzzTimeout,
)

test(
  'createDropout refuses what is no device and what no layer can be',
  () =>
    fuzz(
      'createDropout',
      fc.property(seldomJunk(4), changes, (device, changes) => {
        const options = () => buildOptions(layer, changes)
        const draw = quietly(() => {
          const named = options() as Record<string, unknown>
          return hasOnly(named, OP_NAMES) ? drawOf({ ...named, seed: 1 }) : undefined
        })
        const fits = draw && product(draw.shape) * 4n <= BigInt(gpu.device.limits.maxBufferSize)
        const allowed = !device && fits
        try {
          const given = device ? (makeJunk(device) as GPUDevice) : gpu.device
          createDropout(given, options() as Draw).destroy()
        } catch (error) {
          if (allowed) throw new Error('refused, though the options allow it', { cause: error })
          return expectArgumentError(error)
        }
        if (!allowed) throw new Error('accepted, though the options do not allow it')
      }),
      400,
    ),
  fuzzTimeout,
)

/**
 * Records with these arguments; whatever becomes of that, the encoder must be good, and the output whole or untouched.
 * Returns whether the arguments were right.
 */
async function check({ encoder, reuseMask, changes, ...tensors }: Attack): Promise<boolean> {
  const from = gpu.buffer(content)
  const expected = new Uint32Array(content.length).fill(0xdeadbeef)
  const to = gpu.buffer(expected)
  const op = createDropout(gpu.device, layer)
  const options = () => {
    const given = {
      seed: 1,
      stream: 2,
      step: 3n,
      cellOffset: 5,
      ...(reuseMask && { reuseMask: makeJunk(reuseMask) }),
    }
    return buildOptions(given, changes)
  }
  const honest = quietly(() => {
    const whole = options() as Record<string, unknown>
    if (!hasOnly(whole, ENCODE_NAMES)) return undefined
    const { seed, stream, step, cellOffset, reuseMask, oneMaskForBatch } = whole
    const sharing = oneMaskForBatch === undefined || oneMaskForBatch === false
    const drawing = reuseMask === undefined || reuseMask === false
    return sharing && drawing ? drawOf({ ...layer, seed, stream, step, cellOffset }) : undefined
  })
  const allowed =
    encoder === undefined && isGood(tensors.input) && isGood(tensors.output) ? honest : undefined

  const good = gpu.device.createCommandEncoder()
  let error: unknown
  try {
    op.encode(
      encoder ? (makeJunk(encoder) as GPUCommandEncoder) : good,
      {
        input: make(tensors.input, from) as TensorBinding,
        output: make(tensors.output, to) as TensorBinding,
      },
      options() as EncodeOptions,
    )
  } catch (thrown) {
    error = thrown ?? new Error('threw nothing')
  }
  gpu.device.pushErrorScope('validation')
  gpu.device.queue.submit([good.finish()])
  const invalid = await gpu.device.popErrorScope()
  if (invalid) throw new Error(`the command encoder is broken: ${invalid.message}`)
  const got = await gpu.read(to)
  op.destroy()
  from.destroy()
  to.destroy()
  if (allowed) {
    if (error !== undefined) throw new Error('refused, though the arguments are right', { cause: error })
    const start = Number(offsetOf(tensors.input)) / 4
    const x = content.subarray(start, start + BYTES / 4)
    expected.set(judgeDropout(x, allowed), Number(offsetOf(tensors.output)) / 4)
  } else {
    if (error === undefined) throw new Error('accepted, though the arguments are wrong')
    expectArgumentError(error)
  }
  expectSameBits(got, expected, { what: 'the buffer of the output' })
  return allowed !== undefined
}

function make({ whole, ...range }: Range, buffer: GPUBuffer): unknown {
  if (whole) return makeJunk(whole)
  if (Object.keys(range).length === 0) return buffer
  return {
    buffer: range.buffer ? makeJunk(range.buffer) : buffer,
    ...(range.offset && { offset: makeJunk(range.offset) }),
    ...(range.size && { size: makeJunk(range.size) }),
  }
}

function isGood(range: Range): boolean {
  if (range.whole || range.buffer) return false
  const offset = offsetOf(range)
  const size = range.size && makeJunk(range.size)
  if (!isInteger(offset, 256) || offset % align() !== 0) return false
  const room = BYTES + 256 - offset
  return size === undefined || (isInteger(size, room) && size >= BYTES)
}

function offsetOf({ offset }: Range): unknown {
  const given = offset && makeJunk(offset)
  return given === undefined ? 0 : given
}
