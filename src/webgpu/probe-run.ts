/** What the probe does: our own kernels on chosen values, all their bits against those of the CPU. */

import { applyMask } from '../cpu/apply.js'
import { generateMask } from '../cpu/mask.js'
import { unpackMask } from '../mask-words.js'
import { readCall } from '../options.js'
import { INFINITE, resolveRate, SMALLEST_NORMAL } from '../rate.js'
import { resolveDropout } from '../resolve.js'
import { createBuffer } from './buffers.js'
import { createDropout } from './dropout.js'
import { scoped } from './errors.js'

/** What a device made of the probe's values. */
export interface ProbeResult {
  /** Whether all products and all flags have the bits that the CPU gives. */
  conforms: boolean
  /** Products compared, dropped ones among them; 0 on the CPU, whose bits are the ones to be met. */
  values: number
  /** How many of them differ. */
  mismatches: number
  /** Noise cells compared. */
  flags: number
  /** How many of them differ. */
  wrongFlags: number
  /** The first difference with its bit patterns, to be reported; undefined where there is none. */
  example: string | undefined
}

/** Scales 1.25 and 1.5, whose products often lie halfway between two floats, and two that have all 24 bits. */
export const PROBE_RATES = [0.2, 1 / 3, 0.1, 0.7]
/** Values for each rate. */
export const PROBE_COUNT = 512
/** The flags that decide what is kept. */
export const PROBE_CALL = { seed: 1, stream: 2, call: 3, cellOffset: 77 }

const BYTES = PROBE_COUNT * 4
const MASK_BYTES = PROBE_COUNT / 8
const BYTES_PER_RATE = 2 * BYTES + MASK_BYTES

export async function runProbe(device: GPUDevice): Promise<ProbeResult> {
  const owned: { destroy(): void }[] = []
  const ownBuffer = (name: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer => {
    const buffer = createBuffer(device, { label: `noiseshape/probe/${name}`, size, usage })
    owned.push(buffer)
    return buffer
  }
  try {
    const { result, checked } = scoped(device, 'probe', () => {
      const tensor = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
      const readable = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
      const staging = ownBuffer('staging', BYTES_PER_RATE * PROBE_RATES.length, readable)
      const encoder = device.createCommandEncoder({ label: 'noiseshape/probe/encoder' })
      PROBE_RATES.forEach((rate, i) => {
        const op = createDropout(device, { shape: [PROBE_COUNT], rate, maxPendingCalls: 1 })
        owned.push(op)
        const input = ownBuffer('input', BYTES, tensor)
        const output = ownBuffer('output', BYTES, tensor)
        device.queue.writeBuffer(input, 0, probeValues(rate))
        op.encode(encoder, { input, output }, PROBE_CALL)
        op.encode(encoder, { input, output: input }, { ...PROBE_CALL, reuseMask: true })
        const at = i * BYTES_PER_RATE
        encoder.copyBufferToBuffer(output, 0, staging, at, BYTES)
        encoder.copyBufferToBuffer(input, 0, staging, at + BYTES, BYTES)
        encoder.copyBufferToBuffer(op.maskBuffer, 0, staging, at + 2 * BYTES, MASK_BYTES)
      })
      device.queue.submit([encoder.finish()])
      return { staging, mapped: staging.mapAsync(GPUMapMode.READ) }
    })
    result.mapped.catch(() => {}) // where the device refused, that is the cause, and is told first
    await checked
    await result.mapped
    return judge(result.staging.getMappedRange())
  } finally {
    for (const object of owned) object.destroy()
  }
}

function judge(bytes: ArrayBuffer): ProbeResult {
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
    const dropout = resolveDropout({ shape: [PROBE_COUNT], rate })
    const mask = new Uint32Array(bytes, at + 2 * BYTES, MASK_BYTES / 4).slice()
    const flags = unpackMask(mask)
    const trueFlags = unpackMask(
      generateMask(PROBE_COUNT, dropout.threshold, readCall(PROBE_CALL, PROBE_COUNT)),
    )
    flags.forEach((flag, cell) => {
      result.flags++
      if (flag === trueFlags[cell]) return
      result.wrongFlags++
      result.example ??= `cell ${cell} at rate ${rate} is ${flag}, not ${trueFlags[cell]}`
    })
    // With the device's own flags, so that each finding has one cause.
    const x = probeValues(rate)
    const y = bits(applyMask(new Float32Array(x.buffer), mask, dropout))
    for (const got of [
      new Uint32Array(bytes, at, PROBE_COUNT),
      new Uint32Array(bytes, at + BYTES, PROBE_COUNT),
    ]) {
      got.forEach((word, element) => {
        result.values++
        if (word === y[element]) return
        result.mismatches++
        const [from, to, wanted] = [x[element], word, y[element]].map(
          (pattern) => `0x${pattern.toString(16)}`,
        )
        result.example ??= `${from} at rate ${rate}, ${flags[element] ? 'kept' : 'dropped'}, is ${to}, not ${wanted}`
      })
    }
  })
  result.conforms = result.mismatches === 0 && result.wrongFlags === 0
  return result
}

/**
 * Bit patterns: first ordinary values (those of which a trusting thread takes the float unit's word) whose products lie
 * closest to the middle of two floats, then those that arithmetic may not decide, and the last before them.
 */
export function probeValues(rate: number): Uint32Array<ArrayBuffer> {
  const { scale, largest } = resolveRate(rate)
  // A product of two 24-bit significands lies in the middle between two floats where it is 2^22 mod 2^23, or 2^23 mod
  // 2^24 if it has 48 bits. Solved for x with the inverse of the scale's, by Newton's iteration, each turn of which
  // doubles the number of right bits, from the 3 that an odd number has by itself.
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
