/** Whether the probe's values can distinguish a device that rounds as specified from one that does not. */

import { describe, expect, test } from 'vitest'
import { createEngine } from '../../src/index.js'
import { resolveDropout } from '../../src/resolve.js'
import { probeDevice } from '../../src/webgpu/index.js'
import { PROBE_COUNT, PROBE_DRAW, PROBE_RATES, probeValues, products } from '../../src/webgpu/probe-run.js'
import { patterns } from '../support/compare'
import { judgeFlags, judgeValue, scaleOf } from '../support/judge'

/** Where the product of two ordinary floats lies between the float below it and the one above, from 0 to 1. */
function placeOf(bits: number, rate: number): number {
  const product = significand(bits) * significand(patterns(Float32Array.of(scaleOf(rate)))[0])
  const step = product < 2n ** 47n ? 2n ** 23n : 2n ** 24n
  return Number(product % step) / Number(step)
}

function significand(bits: number): bigint {
  return BigInt((bits & 0x7fffff) | 0x800000)
}

/** The product rounded in a way that is not the contract's; `up`: to the float above. */
function rounded(bits: number, rate: number, up: (place: number, nearest: number) => boolean): number {
  const place = placeOf(bits, rate)
  const nearest = judgeValue(bits, true, rate)
  const roundedUp = place > 0.5 || (place === 0.5 && nearest % 2 === 0 && isUp(bits, rate, nearest))
  const below = roundedUp ? nearest - 1 : nearest
  return place > 0 && up(place, nearest) ? below + 1 : below
}

/** Whether the nearest of a product halfway between two is the upper, by magnitude. */
function isUp(bits: number, rate: number, nearest: number): boolean {
  const [x, y] = new Float32Array(Uint32Array.of(bits, nearest).buffer)
  return Math.abs(y) > Math.abs(x * scaleOf(rate))
}

const ordinary = PROBE_RATES.flatMap((rate) =>
  Array.from(
    probeValues(resolveDropout({ shape: [PROBE_COUNT], rate })).subarray(0, PROBE_COUNT / 2),
    (bits) => ({ bits, rate }),
  ),
)

test.each(PROBE_RATES)('at rate %d, the right products are those of the definition', (rate) => {
  const dropout = resolveDropout({ shape: [PROBE_COUNT], rate })
  const x = probeValues(dropout)
  const expected = x.map((bits) => judgeValue(bits, true, rate))
  expect(products(x, dropout.scale)).toEqual(expected)
})

describe('the ordinary values', () => {
  test('are of those magnitudes that a trusting thread leaves to the float unit, and of both signs', () => {
    const magnitudes = ordinary.map(({ bits }) => bits & 0x7fffffff)
    expect(Math.min(...magnitudes)).toBeGreaterThanOrEqual(patterns(Float32Array.of(2 ** -63))[0])
    expect(Math.max(...magnitudes)).toBeLessThan(patterns(Float32Array.of(2 ** 64))[0])
    expect(ordinary.filter(({ bits }) => bits >= 2 ** 31)).toHaveLength(ordinary.length / 2)
  })

  test('have products halfway between two floats, of which some round up and some down', () => {
    const halfway = ordinary.filter(({ bits, rate }) => placeOf(bits, rate) === 0.5)
    const ups = halfway.filter(({ bits, rate }) => isUp(bits, rate, judgeValue(bits, true, rate)))
    expect(ups.length).toBeGreaterThan(20)
    expect(halfway.length - ups.length).toBeGreaterThan(20)
  })

  test('have products closer to the middle than 2^-16 of a step, on both sides', () => {
    const places = ordinary.map(({ bits, rate }) => placeOf(bits, rate) - 0.5)
    expect(places.filter((from) => from > 0 && from < 2 ** -16).length).toBeGreaterThan(50)
    expect(places.filter((from) => from < 0 && from > -(2 ** -16)).length).toBeGreaterThan(50)
  })

  test.each([
    { how: 'towards zero', up: () => false },
    { how: 'away from zero', up: () => true },
    { how: 'halves away from zero', up: (place: number) => place >= 0.5 },
    { how: 'halves towards zero', up: (place: number) => place > 0.5 },
    { how: 'after a product that has two bits more', up: (place: number) => place >= 0.5 - 2 ** -3 },
    { how: 'after a product that has 16 bits more', up: (place: number) => place >= 0.5 - 2 ** -17 },
  ])('detect a float unit that rounds $how, also by those that are kept', ({ up }) => {
    const caught = PROBE_RATES.flatMap((rate) => {
      const flags = judgeFlags({ shape: [PROBE_COUNT], rate, ...PROBE_DRAW })
      const kept = [
        ...probeValues(resolveDropout({ shape: [PROBE_COUNT], rate })).subarray(0, PROBE_COUNT / 2),
      ].filter((_, i) => flags[i] === 1)
      return kept.filter((bits) => rounded(bits, rate, up) !== judgeValue(bits, true, rate))
    })
    expect(caught.length).toBeGreaterThan(10)
  })

  test('the float unit of the contract is not distinguished from itself', () => {
    for (const { bits, rate } of ordinary) {
      const even = (place: number, nearest: number) =>
        place > 0.5 || (place === 0.5 && isUp(bits, rate, nearest))
      expect(rounded(bits, rate, even)).toBe(judgeValue(bits, true, rate))
    }
  })
})

test.each([
  { what: 'zeros', is: (m: number) => m === 0 },
  { what: 'the largest subnormal', is: (m: number) => m === 0x007fffff },
  { what: 'the smallest normal', is: (m: number) => m === 0x00800000 },
  { what: 'infinities', is: (m: number) => m === 0x7f800000 },
  { what: 'signalling NaN', is: (m: number) => m > 0x7f800000 && m < 0x7fc00000 },
  { what: 'quiet NaN', is: (m: number) => m >= 0x7fc00000 },
  {
    what: 'finite values with infinite products',
    is: (m: number, y: number) => m < 0x7f800000 && y === 0x7f800000,
  },
  {
    what: 'values with the largest finite products',
    is: (_: number, y: number) => y >= 0x7f7ffffc && y < 0x7f800000,
  },
])('$what are there with both signs, kept and dropped', ({ is }) => {
  const found = new Set<string>()
  for (const rate of PROBE_RATES) {
    const flags = judgeFlags({ shape: [PROBE_COUNT], rate, ...PROBE_DRAW })
    probeValues(resolveDropout({ shape: [PROBE_COUNT], rate })).forEach((bits, i) => {
      const product = judgeValue(bits, true, rate) & 0x7fffffff
      if (is(bits & 0x7fffffff, product)) found.add(`${bits < 2 ** 31 ? '+' : '-'} ${flags[i]}`)
    })
  }
  expect([...found].sort()).toEqual(['+ 0', '+ 1', '- 0', '- 1'])
})

test('an engine on the CPU conforms, since its bits are the ones to be met', async () => {
  const engine = await createEngine({ backend: 'cpu' })
  expect(await engine.probe()).toEqual({
    conforms: true,
    values: 0,
    mismatches: 0,
    flags: 0,
    wrongFlags: 0,
    example: undefined,
  })
  engine.destroy()
  await expect(engine.probe()).rejects.toThrow(/destroyed/)
})

test.each([[undefined], [{}], ['gpu']])('%o is no device', (device) => {
  expect(() => probeDevice(device as unknown as GPUDevice)).toThrow(TypeError)
})
