/**
 * Arguments of any kind, value and memory: a call gives the judge's bits for what they say, or an argument error; the
 * values given stay as they are.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backends, propertyRuns } from '#backends'
import { type Session, useSession } from '../support/backends'
import { buildOptions, type Change, changes, expectArgumentError, quietly } from '../support/changes'
import { expectSameBits } from '../support/compare'
import { type Trial, trial } from '../support/draws'
import { atLeast, fuzz, fuzzTimeout } from '../support/fuzz'
import { input } from '../support/inputs'
import { type Draw, judgeDropout, judgeMask, judgeNoise } from '../support/judge'
import { JUNK, makeJunk, VALUES } from '../support/junk'
import { drawOf, product } from '../support/rules'

const METHODS = [
  'dropout',
  'mask',
  'noise',
  'spatialDropout1D',
  'spatialDropout2D',
  'spatialDropout3D',
] as const
type Method = (typeof METHODS)[number]

interface Attack {
  trial: Trial
  method: Method
  more: Record<string, unknown>
  changes: Change[]
  memory: keyof typeof VALUES
}

const attack: fc.Arbitrary<Attack> = fc
  .record({
    trial,
    method: fc.oneof(fc.constant<Method>('dropout'), fc.constantFrom(...METHODS)),
    more: fc.record({
      dataFormat: fc.constantFrom(undefined, 'channelsLast', 'channelsFirst'),
      oneMaskForBatch: fc.constantFrom(undefined, undefined, false, true),
    }),
    changes,
    memory: fc.constantFrom(...(Object.keys(VALUES) as (keyof typeof VALUES)[])),
  })
  .map((attack) => ({ ...attack, trial: ofRank(attack.trial, spatialDims(attack.method)) }))

const runs = 3 * propertyRuns

describe.each(backends.filter(({ makesArrays }) => makesArrays))('$name', (backend) => {
  const session = useSession(backend)

  test(
    'arguments of any kind give the right bits or an argument error, and stay as they are',
    async () => {
      let answered = 0
      const property = fc.asyncProperty(attack, async (attack) => {
        if (await check(session(), attack)) answered++
      })
      await fuzz(backend.name, property, runs)
      expect(answered).toBeGreaterThanOrEqual(atLeast(runs / 4))
    },
    fuzzTimeout,
  )

  // Each kind of memory and each piece of junk by itself, so that none depends on the luck of the draw above.
  const six = { shape: [1, 2, 3], rate: 0.5, noiseShape: [1, 2, 1], seed: 5 }
  const bits = input([1, 2, 3], 3)
  const expectSix = (result: Float32Array) => expectSameBits(result, judgeDropout(bits, six))

  test.each(Object.keys(VALUES) as Attack['memory'][])('values %s are the values', async (name) => {
    const x = VALUES[name](bits)
    expectSix(await session().dropout(x, six))
    expectSameBits(bitsOf(x) as Uint32Array, bits, { what: 'the input afterwards' })
  })

  test.each(Object.keys(JUNK) as (keyof typeof JUNK)[])(
    '%s is no shape and no tensor, and soon refused',
    async (name) => {
      const shape = JUNK[name]() as number[]
      expectArgumentError(await errorOf(() => session().dropout(VALUES.plain(bits), { ...six, shape })))
      expectArgumentError(
        await errorOf(() => session().dropout(JUNK[name]() as Float32Array, { ...six, shape: [7] })),
      )
    },
  )

  test('a tensor without an element asks for no mask, however many cells its noise has', async () => {
    const draw = { shape: [0, 2 ** 50], noiseShape: [1, null], rate: 0.5, seed: 1 }
    expect(await session().dropout(new Float32Array(0), draw)).toHaveLength(0)
  })
})

/** Returns whether the arguments were right. */
async function check(session: Session, attack: Attack): Promise<boolean> {
  const { method } = attack
  const given = build(attack)
  const draw = quietly(() => drawOf(given.options, spatialDims(method)))
  const takesValues = method !== 'mask' && method !== 'noise'
  const before = bitsOf(given.x)
  const x = takesValues ? before : undefined
  const { result, error } = await run(session, method, given)
  const after = bitsOf(given.x)
  if (before && after) expectSameBits(after, before, { what: 'the input afterwards' })
  if (draw && !takesValues && product(draw.noiseShape as number[]) >= 2n ** 40n) {
    expect(error, 'no array can hold so many cells').toBeInstanceOf(RangeError)
    return false
  }
  if (draw && (!takesValues || (x && BigInt(x.length) === product(draw.shape)))) {
    if (error !== undefined) throw new Error('refused, though the options allow it', { cause: error })
    expectSameBits(result as Float32Array, expected(method, x as Uint32Array, draw), { what: method })
    return true
  }
  if (error === undefined) throw new Error('accepted, though the options do not allow it')
  expectArgumentError(error)
  return false
}

function expected(method: Method, x: Uint32Array, draw: Draw): Uint32Array {
  if (method === 'mask') return judgeMask(draw)
  if (method === 'noise') return judgeNoise(draw)
  return x.length === 0 ? x : judgeDropout(x, draw)
}

async function run(
  session: Session,
  method: Method,
  { x, options }: { x: unknown; options: unknown },
): Promise<{ result?: unknown; error?: unknown }> {
  const arrays = session.arrays as NonNullable<Session['arrays']>
  const draw = options as Draw
  try {
    if (method === 'mask') return { result: await session.mask(draw) }
    if (method === 'noise') return { result: await arrays.noise(draw) }
    if (method === 'dropout') return { result: await session.dropout(x as Float32Array, draw) }
    return { result: await arrays[method](x as Float32Array, options as never) }
  } catch (error) {
    return { error: error ?? new Error('threw nothing') }
  }
}

/** The arguments, made anew. */
function build({ trial, method, more, changes, memory }: Attack): { x: unknown; options: unknown } {
  const { dataFormat, oneMaskForBatch } = more
  const { noiseShape, ...draw } = trial.draw
  const own = spatialDims(method) ? { dataFormat } : { noiseShape }
  const made = buildOptions({ ...draw, ...own, oneMaskForBatch }, changes)
  const x = changes.find(({ where }) => where === 'x')
  if (x) return { x: makeJunk(x.junk), options: made }
  return { x: VALUES[memory](trial.x), options: made }
}

/** The bit patterns of a Float32Array; undefined for all else. */
function bitsOf(x: unknown): Uint32Array | undefined {
  if (!(x instanceof Float32Array)) return undefined
  if (x.buffer.byteLength === 0) return new Uint32Array(0) // its memory may be gone
  return new Uint32Array(x.buffer, x.byteOffset, x.length).slice()
}

function spatialDims(method: Method): number | undefined {
  return method.startsWith('spatial') ? Number(method[14]) : undefined
}

/** A trial of the rank that spatial dropout wants: dims are left out, or added as ones. */
function ofRank({ x, draw }: Trial, spatialDims: number | undefined): Trial {
  if (spatialDims === undefined) return { x, draw }
  const shape = [...draw.shape, 1, 1, 1, 1, 1].slice(0, spatialDims + 2)
  return { x: input(shape, x.length, 'rare'), draw: { ...draw, shape, noiseShape: undefined } }
}

async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
}
