/** Wrong values for the functions of the CPU and for createEngine: the right answer, or an argument error. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dropout, mask, noise } from '../../src/cpu/index.js'
import { createEngine, resolveNoiseShape, spatialNoiseShape, unpackMask } from '../../src/index.js'
import { readArrayOutput } from '../../src/monte-carlo/outputs.js'
import { buildOptions, changes, expectArgumentError, quietly } from '../support/changes'
import { fuzz, fuzzTimeout } from '../support/fuzz'
import { detached, type Junk, junk, makeJunk, resizable, seldomJunk } from '../support/junk'
import { hasOnly, isInteger, noiseOf, shapeOf, spatialOf } from '../support/rules'
import { unpacked } from '../support/unpacked'

test(
  'a call that is refused writes nothing to its output',
  () =>
    fuzz(
      'output',
      fc.property(changes, seldomJunk(3), (changes, other) => {
        const mine = new Float32Array(6).fill(7)
        const given = { shape: [2, 3], rate: 0.5, seed: 1, output: other ? makeJunk(other) : mine }
        try {
          const result = dropout(new Float32Array(6), buildOptions(given, changes) as never)
          if (result === mine) expect(mine).toEqual(new Float32Array(6))
          else expect(other ?? changes.find(({ where }) => where === 'options')).toBeDefined()
        } catch (error) {
          expectArgumentError(error)
          expect(mine).toEqual(new Float32Array(6).fill(7))
        }
      }),
      1000,
    ),
  fuzzTimeout,
)

test('an array whose memory was transferred is empty, also to code that was optimised with resizable buffers', () => {
  const six = { shape: [2, 3], rate: 0.5, seed: 1 }
  const values = { outputs: 'values', rowLength: 0 } as const
  detached(new Float32Array(6)) // the first transfer discards what V8 optimised before it
  for (let i = 0; i < 5000; i++) {
    for (const buffer of [new ArrayBuffer(24), resizable(new Uint32Array(6), 0)]) {
      dropout(new Float32Array(6), { ...six, output: new Float32Array(buffer) })
      dropout(new Float32Array(buffer), six)
      unpackMask(new Uint32Array(buffer))
      for (let j = 0; j < 10; j++) readArrayOutput(new Float32Array(buffer), values, 1, 6)
    }
  }
  const gone = () => detached(new Float32Array(6))
  expect(dropout(gone(), { ...six, shape: [0] })).toEqual(new Float32Array(0))
  expect(() => dropout(gone(), six)).toThrow('x.length is 0, but the shape [2, 3] has 6 elements')
  const output = gone()
  expect(() => dropout(new Float32Array(6), { ...six, output })).toThrow('output.length is 0')
  expect(unpackMask(detached(new Uint32Array(6)))).toEqual(new Uint8Array(0))
  expect(() => readArrayOutput(gone(), values, 1, 6)).toThrow('output.length is 0')
})

const entry: fc.Arbitrary<Junk> = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, null, undefined, -1).map((value) => ({ value })),
  junk,
)
const array = fc.oneof(fc.record({ entries: fc.array(entry, { maxLength: 6 }) }), junk)

/** Makes an array anew. */
function make(given: typeof array extends fc.Arbitrary<infer T> ? T : never): unknown {
  return 'entries' in given ? given.entries.map(makeJunk) : makeJunk(given)
}

test(
  'resolveNoiseShape and spatialNoiseShape give the full noise shape or an argument error',
  () =>
    fuzz(
      'noise shapes',
      fc.property(array, array, junk, (first, second, format) => {
        const shape = quietly(() => shapeOf(make(first)))
        expectAnswer(
          () => resolveNoiseShape(make(first) as number[], make(second) as number[]),
          shape && quietly(() => noiseOf(shape, make(second))),
        )
        expectAnswer(
          () => spatialNoiseShape(make(first) as number[], makeJunk(format) as 'channelsLast'),
          shape && quietly(() => spatialOf(shape, undefined, makeJunk(format))),
        )
      }),
      1500,
    ),
  fuzzTimeout,
)

test(
  'unpackMask gives the flags or an argument error',
  () =>
    fuzz(
      'unpackMask',
      fc.property(
        fc.uint32Array({ maxLength: 5 }),
        seldomJunk(3),
        fc.oneof(fc.nat({ max: 200 }), junk),
        (words, other, cells) => {
          const count = typeof cells === 'number' ? cells : makeJunk(cells)
          const given = other ? makeJunk(other) : words
          const bits = quietly(() => (given instanceof Uint32Array ? given.length * 32 : -1)) ?? -1
          const wanted = count === undefined ? bits : count
          const allowed = isInteger(wanted, bits)
          expectAnswer(
            () => unpackMask(given as Uint32Array, count as number),
            allowed ? unpacked(given as Uint32Array, wanted) : undefined,
          )
        },
      ),
      2000,
    ),
  fuzzTimeout,
)

test(
  'createEngine gives the engine asked for or an argument error',
  () =>
    fuzz(
      'createEngine',
      fc.asyncProperty(fc.constantFrom('backend', 'device', 'options'), junk, async (where, junk) => {
        const value = makeJunk(junk)
        const options = where === 'options' ? value : { [where]: value }
        const good = where === 'options' ? value === undefined || isHarmless(value) : value === undefined
        try {
          const engine = await createEngine(options as object)
          expect(good).toBe(true)
          expect(engine.backend).toBe('cpu') // Node has no WebGPU
          engine.destroy()
        } catch (error) {
          expectArgumentError(error)
          expect(good).toBe(false)
        }
      }),
      500,
    ),
  fuzzTimeout,
)

test('more noise cells than an array can have: an error with the rule and the remedy', () => {
  const options = { shape: [2 ** 45], rate: 0.5, seed: 1 }
  for (const draw of [mask, noise]) {
    expect(() => draw(options)).toThrow(
      new RangeError(
        'noiseshape: the number of noise cells is 35184372088832, but no array for so many can be had here. Compute it in parts, with cellOffset.',
      ),
    )
  }
})

/** An object that is no array and says nothing. */
function isHarmless(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value) || ArrayBuffer.isView(value) || !hasOnly(value, ['backend', 'device']))
    return false
  return (
    quietly(
      () => Reflect.get(value, 'backend') === undefined && Reflect.get(value, 'device') === undefined,
    ) ?? false
  )
}

/** `answer` undefined: an argument error. */
function expectAnswer(step: () => unknown, answer: unknown): void {
  let got: unknown
  try {
    got = step()
  } catch (error) {
    expectArgumentError(error)
    if (answer !== undefined) throw new Error('refused, though the rules allow it', { cause: error })
    return
  }
  expect(got).toEqual(answer)
}
