/**
 * Arguments from someone who means harm, or has lost count: whatever they are, a call gives the judge's bits for what
 * they said at the first reading, or an argument error; the values given stay as they are.
 */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Backend, type Session, useSession } from '../backends'
import { expectSameBits } from '../compare'
import { type Trial, trial } from '../draws'
import { atLeast, fuzz, fuzzTimeout } from '../fuzz'
import {
  ARRAYS,
  JUNK,
  type Junk,
  junk,
  makeJunk,
  OPTIONS,
  resizable,
  UsersOwnError,
  VALUES,
} from '../hostile'
import { input } from '../inputs'
import { type Draw, judgeDropout, judgeMask, judgeNoise } from '../judge'
import { drawOf, product } from '../rules'

const METHODS = [
  'dropout',
  'mask',
  'noise',
  'spatialDropout1D',
  'spatialDropout2D',
  'spatialDropout3D',
] as const
type Method = (typeof METHODS)[number]

const OPTION_NAMES = [
  'shape',
  'noiseShape',
  'rate',
  'seed',
  'stream',
  'call',
  'cellOffset',
  'dataFormat',
  'oneMaskForBatch',
] as const

export interface Change {
  where: 'x' | 'options' | (typeof OPTION_NAMES)[number] | 'an entry of shape' | 'an entry of noiseShape'
  axis: number
  junk: Junk
}

interface Attack {
  trial: Trial
  method: Method
  more: Record<string, unknown>
  changes: Change[]
  dress: Dress
}

/** How honest values are disguised. */
export interface Dress {
  options: keyof typeof OPTIONS
  shape: keyof typeof ARRAYS
  noiseShape: keyof typeof ARRAYS
  x: keyof typeof VALUES
}

function oneOf<K extends string>(table: Record<K, unknown>): fc.Arbitrary<K> {
  return fc.constantFrom(...(Object.keys(table) as K[]))
}

export const dress: fc.Arbitrary<Dress> = fc.record({
  options: oneOf(OPTIONS),
  shape: oneOf(ARRAYS),
  noiseShape: oneOf(ARRAYS),
  x: oneOf(VALUES),
})

export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    where: fc.constantFrom<Change['where'][]>(
      'x',
      'options',
      ...OPTION_NAMES,
      'an entry of shape',
      'an entry of noiseShape',
      'an entry of shape',
      'an entry of noiseShape',
    ),
    axis: fc.nat({ max: 8 }),
    junk,
  }),
  { maxLength: 2 },
)

const attack: fc.Arbitrary<Attack> = fc
  .record({
    trial,
    method: fc.oneof(fc.constant<Method>('dropout'), fc.constantFrom(...METHODS)),
    more: fc.record({
      dataFormat: fc.constantFrom(undefined, 'channelsLast', 'channelsFirst'),
      oneMaskForBatch: fc.constantFrom(undefined, undefined, false, true),
    }),
    changes,
    dress,
  })
  .map((attack) => ({ ...attack, trial: ofRank(attack.trial, spatialDims(attack.method)) }))

export function hostile(backend: Backend, { runs }: { runs: number }): void {
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

  // Each disguise and each piece of junk by itself, so that none depends on the luck of the draw above.
  const six = { shape: [1, 2, 3], rate: 0.5, noiseShape: [1, 2, 1], seed: 5 }
  const bits = input([1, 2, 3], 3)
  const expectSix = (result: Float32Array) => expectSameBits(result, judgeDropout(bits, six))

  test.each(Object.keys(VALUES) as Dress['x'][])('values %s are the values', async (name) => {
    const x = VALUES[name](bits)
    expectSix(await session().dropout(x, six))
    expectSameBits(trueBits(x) as Uint32Array, bits, { what: 'the input afterwards' })
  })

  test.each(Object.keys(ARRAYS) as Dress['shape'][])('an array %s is what it says first', async (name) => {
    const [shape, noiseShape] = [six.shape, six.noiseShape].map((sizes) => ARRAYS[name](sizes) as number[])
    expectSix(await session().dropout(VALUES.plain(bits), { ...six, shape, noiseShape }))
    const spatial = {
      shape: ARRAYS[name](six.shape) as number[],
      rate: 0.5,
      seed: 5,
      dataFormat: 'channelsFirst',
    }
    const arrays = session().arrays as NonNullable<Session['arrays']>
    expectSix(await arrays.spatialDropout1D(VALUES.plain(bits), spatial as never))
  })

  test.each(Object.keys(OPTIONS) as Dress['options'][])(
    'options %s are what they say first',
    async (name) => {
      expectSix(await session().dropout(VALUES.plain(bits), OPTIONS[name](six) as Draw))
    },
  )

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

  test('values that a getter of the options takes away give an argument error', async () => {
    const buffer = resizable(input([6], 1), 0)
    const options = {
      shape: [6],
      rate: 0.5,
      get seed() {
        buffer.resize(0)
        return 1
      },
    }
    const error = await errorOf(() => session().dropout(new Float32Array(buffer), options))
    expect(error).toBeInstanceOf(RangeError)
  })

  test('a tensor without an element asks for no mask, however many cells its noise has', async () => {
    const draw = { shape: [0, 2 ** 50], noiseShape: [1, null], rate: 0.5, seed: 1 }
    expect(await session().dropout(new Float32Array(0), draw)).toHaveLength(0)
  })
}

/** Returns whether the arguments were right. */
async function check(session: Session, attack: Attack): Promise<boolean> {
  const { method } = attack
  const honest = build(attack, false)
  const dressed = build(attack, true)
  const draw = quietly(() => drawOf(honest.options, spatialDims(method)))
  const takesValues = method !== 'mask' && method !== 'noise'
  const x = takesValues ? trueBits(honest.x) : undefined
  const before = trueBits(dressed.x)
  const { result, error } = await run(session, method, dressed)
  const after = trueBits(dressed.x)
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

/** An argument error of the library, or what a member of the user has thrown. */
export function expectArgumentError(error: unknown): void {
  if (error instanceof UsersOwnError) return
  const isKind = error instanceof RangeError || error instanceof TypeError
  if (!isKind || /call stack/.test(error.message)) throw new Error('no argument error', { cause: error })
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

/** The arguments, made anew; dressed up or as they are. */
function build({ trial, more, changes, dress }: Attack, dressUp: boolean): { x: unknown; options: unknown } {
  const made = buildOptions({ ...trial.draw, ...more }, changes, dressUp ? dress : undefined)
  const x = changes.find(({ where }) => where === 'x')
  if (x) return { x: makeJunk(x.junk), options: made }
  return { x: VALUES[dressUp ? dress.x : 'plain'](trial.x), options: made }
}

/** Options with changes; without a dress, as plain objects and arrays. */
export function buildOptions(
  given: Record<string, unknown>,
  changes: readonly Change[],
  dress: Dress | undefined,
): unknown {
  const whole = changes.find(({ where }) => where === 'options')
  if (whole) return makeJunk(whole.junk)
  const options: Record<string, unknown> = { ...given }
  for (const name of ['shape', 'noiseShape'] as const) {
    const entries = changes.filter(({ where }) => where === `an entry of ${name}`)
    if (!Array.isArray(options[name]) && entries.length === 0) continue
    const array = [...((options[name] as unknown[] | null | undefined) ?? [])]
    for (const { axis, junk } of entries) array[axis % (array.length + 1)] = makeJunk(junk)
    options[name] = dress ? ARRAYS[dress[name]](array) : array
  }
  for (const { where, junk } of changes) {
    if (where in options || OPTION_NAMES.some((name) => name === where)) options[where] = makeJunk(junk)
  }
  return dress ? OPTIONS[dress.options](options) : options
}

/** The bit patterns of a Float32Array, whatever its members say; undefined for all else. */
function trueBits(x: unknown): Uint32Array | undefined {
  if (!ArrayBuffer.isView(x) || !(x instanceof Float32Array)) return undefined
  const member = (name: string) => Reflect.get(Object.getPrototypeOf(Float32Array.prototype), name, x)
  if (member(Symbol.toStringTag as unknown as string) !== 'Float32Array') return undefined
  if (member('length') === 0) return new Uint32Array(0) // its memory may be gone
  return new Uint32Array(member('buffer'), member('byteOffset'), member('length')).slice()
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

export function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // its own members throw, so there is nothing to allow
  }
}

async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
}
