/** Runs the library's own kernels on chosen values and compares every bit with the CPU's results. */

import { fixOdd } from '../cpu/apply.js'
import { generateMask } from '../cpu/mask.js'
import { float32, INFINITE, SMALLEST_NORMAL } from '../elements/float32.js'
import { isKept } from '../mask-words.js'
import { type Dropout, readDraw, resolveDropout } from '../resolve.js'
import { createDropout } from './op.js'
import { createOwner } from './owned.js'
import { readBack } from './read-back.js'

/** How a device computed the probe's values. */
export interface ProbeResult {
  /** Whether all products and flags are bit-identical to the CPU's. */
  conforms: boolean
  /** Number of products compared, including dropped ones; 0 on the CPU, which is the reference. */
  values: number
  /** Number of products that differ. */
  mismatches: number
  /** Number of noise cells compared. */
  flags: number
  /** Number of noise cells that differ. */
  wrongFlags: number
  /** The first difference, with bit patterns, for a bug report; undefined if there is no difference. */
  example: string | undefined
}

/** Scales 1.25 and 1.5, whose products are often halfway between two floats, and two scales that use all 24 bits. */
export const PROBE_RATES = [0.2, 1 / 3, 0.1, 0.7]
/** Values for each rate. */
export const PROBE_COUNT = 512
/** The draw of the flags. */
export const PROBE_DRAW = { seed: 1, stream: 2, step: 3, cellOffset: 77 }

const BYTES = PROBE_COUNT * float32.bytes
const MASK_BYTES = PROBE_COUNT / 8
const BYTES_PER_RATE = 2 * BYTES + MASK_BYTES

export async function runProbe(device: GPUDevice): Promise<ProbeResult> {
  const owner = createOwner(device, 'probe')
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  try {
    return await readBack(
      device,
      { owner, stage: 'probe' },
      (encoder, uses) =>
        PROBE_RATES.flatMap((rate) => {
          const dropout = dropoutOf(rate)
          const op = owner.own(createDropout(device, dropout))
          uses(op.ready)
          const input = owner.buffer('input', BYTES, usage)
          const output = owner.buffer('output', BYTES, usage)
          device.queue.writeBuffer(input, 0, probeValues(resolveDropout(dropout)))
          uses(op.encode(encoder, { input, output }, PROBE_DRAW))
          uses(op.encode(encoder, { input, output: input }, { ...PROBE_DRAW, reuseMask: true }))
          return [
            { buffer: output, size: BYTES },
            { buffer: input, size: BYTES },
            { buffer: op.maskBuffer, size: MASK_BYTES },
          ]
        }),
      compare,
    )
  } finally {
    owner.destroy()
  }
}

function dropoutOf(rate: number) {
  return { shape: [PROBE_COUNT], rate }
}

function compare(bytes: ArrayBuffer): ProbeResult {
  const result: ProbeResult = {
    conforms: false,
    values: 0,
    mismatches: 0,
    flags: 0,
    wrongFlags: 0,
    example: undefined,
  }
  PROBE_RATES.forEach((rate, i) => {
    const at = i * BYTES_PER_RATE
    const dropout = resolveDropout(dropoutOf(rate))
    const mask = new Uint32Array(bytes, at + 2 * BYTES, MASK_BYTES / 4)
    const trueMask = generateMask(dropout, readDraw(dropout, PROBE_DRAW))
    for (let cell = 0; cell < PROBE_COUNT; cell++) {
      result.flags++
      const kept = isKept(mask, cell)
      if (kept === isKept(trueMask, cell)) continue
      result.wrongFlags++
      result.example ??= `cell ${cell} at rate ${rate} is ${Number(kept)}, not ${Number(!kept)}`
    }
    const x = probeValues(dropout)
    const y = products(x, dropout.scale)
    for (const got of [
      new Uint32Array(bytes, at, PROBE_COUNT),
      new Uint32Array(bytes, at + BYTES, PROBE_COUNT),
    ]) {
      got.forEach((word, element) => {
        result.values++
        const kept = isKept(mask, element) // the device's flag: a wrong one is not reported as a wrong product too
        const right = kept ? y[element] : 0
        if (word === right) return
        result.mismatches++
        const [from, to, wanted] = [x[element], word, right].map((pattern) => `0x${pattern.toString(16)}`)
        result.example ??= `${from} at rate ${rate}, ${kept ? 'kept' : 'dropped'}, is ${to}, not ${wanted}`
      })
    }
  })
  result.conforms = result.mismatches === 0 && result.wrongFlags === 0
  return result
}

/** The bit patterns of the values when they are kept: the products, and what the CPU makes of special values. */
export function products(x: Uint32Array<ArrayBuffer>, scale: number): Uint32Array {
  const y = new Float32Array(x.buffer).map((value) => value * scale)
  fixOdd(new Int32Array(x.buffer), 0, new Int32Array(y.buffer), 0, y.length)
  return bits(y)
}

/**
 * Bit patterns: first ordinary values (which trusting threads multiply without a check) whose products are closest to
 * halfway between two floats; then special values that need exact handling, and the ordinary values next to them.
 */
export function probeValues({
  scale,
  largest,
}: Pick<Dropout, 'scale' | 'largest'>): Uint32Array<ArrayBuffer> {
  // A product of two 24-bit significands is halfway between two floats if it is 2^22 mod 2^23, or 2^23 mod 2^24 if it
  // has 48 bits. To solve for x, invert the scale's significand by Newton's iteration: an odd number is its own inverse
  // in the lowest 3 bits, and each iteration doubles the number of correct bits.
  const significand = (bits(Float32Array.of(scale))[0] & 0x7fffff) | 0x800000
  const zeros = 31 - Math.clz32(significand & -significand)
  const odd = significand >> zeros
  let inverse = odd
  for (let right = 3; right < 32; right *= 2) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse))
  const edges = [
    ...[0, 1, SMALLEST_NORMAL - 1, SMALLEST_NORMAL, SMALLEST_NORMAL + 1, largest - 1, largest, largest + 1],
    ...[INFINITE - 1, INFINITE, INFINITE + 1, 0x7fc00000, 0x7fffffff, 0x1f7fffff, 0x5f800000, 0x3f800000],
  ]
  return Uint32Array.from({ length: PROBE_COUNT }, (_, i) => {
    const sign = i & 2 ? 0x80000000 : 0
    if (i >= PROBE_COUNT / 2) return sign | edges[(i >> 2) % edges.length]
    const middle = (i & 1 ? 2 ** 23 : 2 ** 22) >> zeros
    const mantissa = Math.imul(middle + (i >> 2) - PROBE_COUNT / 16, inverse) & 0x7fffff
    const exponent = 64 + ((i * 53) % 127) // 2^-63 to 2^64
    return sign | (exponent << 23) | mantissa
  })
}

function bits(values: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(values.buffer)
}
