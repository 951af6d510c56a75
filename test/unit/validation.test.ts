/** Where the ranges of options end, what a wrong one is told, and how values look in messages. */

import { dropout, mask } from 'noiseshape/cpu'
import { describe, expect, test } from 'vitest'
import { float32 } from '../../src/elements/float32.js'
import { readOutput, readRate, readShape } from '../../src/options.js'
import { tensorRemedy } from '../../src/tensor-remedy.js'
import { readFlag, readInteger, readOptions, readSeed, readWords, show } from '../../src/validation.js'

const error = (run: () => unknown): Error => {
  try {
    run()
  } catch (thrown) {
    return thrown as Error
  }
  throw new Error('nothing was thrown')
}

describe('whole numbers', () => {
  const read = (value: unknown) => readInteger('n', value, 9, 'nine', 'Pass 3', 2)

  test('both ends belong to the range', () => {
    expect([read(2), read(9)]).toEqual([2, 9])
    expect(readInteger('n', 0, 9, 'nine', 'Pass 3')).toBe(0)
    expect(Object.is(readInteger('n', -0, 9, 'nine', 'Pass 3'), 0)).toBe(true)
  })

  test.each([1, 10, 2.5, Number.NaN, Infinity])('%s is outside', (value) => {
    const thrown = error(() => read(value))
    expect(thrown).toBeInstanceOf(RangeError)
    expect(thrown.message).toBe(
      `noiseshape: n is ${value}, but it must be an integer from 2 to nine. Pass 3.`,
    )
  })

  test.each(['3', 3n, null, undefined, [3], true])('%s is no number', (value) => {
    expect(error(() => read(value))).toBeInstanceOf(TypeError)
  })
})

describe('64-bit numbers', () => {
  test.each([
    [0, 0, 0],
    [2 ** 32 - 1, 2 ** 32 - 1, 0],
    [2 ** 32, 0, 1],
    [Number.MAX_SAFE_INTEGER, 2 ** 32 - 1, 2 ** 21 - 1],
    [0n, 0, 0],
    [1n << 32n, 0, 1],
    [(1n << 64n) - 1n, 2 ** 32 - 1, 2 ** 32 - 1],
  ])('%s', (value, lo, hi) => {
    expect(readWords('seed', value)).toEqual({ lo, hi })
  })

  test.each([-1, 2 ** 53, 0.5, Number.NaN, -1n, 1n << 64n])('%s is outside', (value) => {
    const thrown = error(() => readWords('step', value))
    expect(thrown).toBeInstanceOf(RangeError)
    expect(thrown.message).toMatch(
      /^noiseshape: step is .*, but it must be an integer from 0 to 2\^53 - 1, or a bigint/,
    )
    expect(thrown.message).toMatch(/Pass e\.g\. step: 42, or a bigint/)
  })

  test.each(['1', null, {}, true])('%s is no number', (value) => {
    expect(error(() => readWords('step', value))).toBeInstanceOf(TypeError)
  })

  test.each([undefined, null])('a seed that is %s is asked for', (seed) => {
    const thrown = error(() => readSeed(seed))
    expect(thrown).toBeInstanceOf(TypeError)
    expect(thrown.message).toBe(
      `noiseshape: seed is ${seed}, but it is required: the library keeps no hidden state. Pass e.g. seed: 42.`,
    )
  })
})

test('rates: 0 and 1 belong to the range', () => {
  expect([readRate(0), readRate(1), readRate(0.25)]).toEqual([0, 1, 0.25])
  expect(Object.is(readRate(-0), 0)).toBe(true)
  for (const rate of [-1e-9, 1 + 1e-9, Number.NaN]) {
    expect(error(() => readRate(rate)).message).toMatch(/rate is .*, but it must lie in \[0, 1\]/)
  }
  for (const rate of ['0.5', undefined, null]) expect(error(() => readRate(rate))).toBeInstanceOf(TypeError)
})

test('flags: undefined is false, and nothing but a boolean is taken for one', () => {
  expect([readFlag('f', undefined, ''), readFlag('f', true, ''), readFlag('f', false, '')]).toEqual([
    false,
    true,
    false,
  ])
  for (const value of [0, 1, 'true', null]) {
    expect(error(() => readFlag('f', value, 'Pass true'))).toBeInstanceOf(TypeError)
  }
})

describe('objects of options', () => {
  const names = { rate: true, noiseShape: true } as const
  const read = (options: unknown) =>
    readOptions(options as { rate: number; noiseShape: null }, names, 'Pass { rate: 0.5 }')

  test.each([
    undefined,
    null,
    0.5,
    'webgpu',
    [],
    new Float32Array(2),
    new DataView(new ArrayBuffer(2)),
    () => undefined,
  ])('%s is none', (options) => {
    const thrown = error(() => read(options))
    expect(thrown).toBeInstanceOf(TypeError)
    expect(thrown.message).toMatch(
      /^noiseshape: options is .*, but it must be an object of named options\. Pass \{ rate: 0\.5 \}\.$/,
    )
  })

  test('the object itself is returned, also where a name has the value undefined', () => {
    const options = { rate: 0.5, noiseShape: undefined }
    expect(read(options)).toBe(options)
  })

  test('a near name is proposed, else all are listed; names of Object.prototype are unknown, too', () => {
    expect(error(() => read({ rat: 1 })).message).toBe(
      'noiseshape: options.rat is 1, but the name is unknown. Pass it as rate.',
    )
    expect(error(() => read({ toString: 1 })).message).toMatch(
      /Leave it out: the names are rate, noiseShape\.$/,
    )
    expect(error(() => read({ zzz: undefined }))).toBeInstanceOf(RangeError)
  })
})

describe('shapes', () => {
  test('up to rank 8, sizes from 0 on, as many elements as a number can count', () => {
    expect(readShape([])).toEqual([])
    expect(readShape([1, 1, 1, 1, 1, 1, 1, 1])).toHaveLength(8)
    expect(readShape([0, 5])).toEqual([0, 5])
    expect(readShape([Number.MAX_SAFE_INTEGER])).toEqual([Number.MAX_SAFE_INTEGER])
    expect(readShape([0, 2 ** 40, 2 ** 40])).toEqual([0, 2 ** 40, 2 ** 40])
    expect(Object.is(readShape([-0])[0], 0)).toBe(true)
  })

  test.each([
    [new Array(9).fill(1), RangeError, /its rank, 9, must be at most 8/],
    [[2, -1], RangeError, /shape\[1\] is -1, but a size must be an integer from 0 to 2\^53 - 1/],
    [[2.5], RangeError, /shape\[0\] is 2\.5/],
    [['3'], TypeError, /shape\[0\] is '3', but a size must be a number/],
    [[2 ** 53], RangeError, /shape\[0\]/],
    [
      [2 ** 30, 2 ** 30],
      RangeError,
      /its product, about 1\.15e\+18, must be at most 2\^53 - 1\. Split the tensor/,
    ],
    ['2,3', TypeError, /it must be an array/],
    [new Float32Array(2), TypeError, /it must be an array/],
  ])('%s is refused', (shape, Kind, message) => {
    const thrown = error(() => readShape(shape))
    expect(thrown).toBeInstanceOf(Kind)
    expect(thrown.message).toMatch(message)
  })
})

describe('an output', () => {
  const memory = new ArrayBuffer(64)
  const x = new Float32Array(memory, 16, 4)

  test('x itself, or memory that it does not share, even right beside it', () => {
    for (const output of [
      x,
      new Float32Array(memory, 0, 4),
      new Float32Array(memory, 32, 4),
      new Float32Array(4),
    ]) {
      expect(readOutput(output, x, float32)).toBe(output)
    }
    expect(readOutput(undefined, x, float32)).toBeUndefined()
    const apart = new Float32Array(new ArrayBuffer(64), 20, 4)
    expect(readOutput(apart, x, float32)).toBe(apart)
  })

  test.each([4, 12, 20, 28])('an array that begins at byte %s of the same memory overlaps', (begin) => {
    const thrown = error(() => readOutput(new Float32Array(memory, begin, 4), x, float32))
    expect(thrown).toBeInstanceOf(RangeError)
    expect(thrown.message).toMatch(
      `output.byteOffset is ${begin}, but it overlaps x, which begins at byte 16`,
    )
  })

  test('another length or type', () => {
    expect(error(() => readOutput(new Float32Array(3), x, float32)).message).toMatch(
      /output\.length is 3, but x has 4 elements/,
    )
    expect(error(() => readOutput([0, 0, 0, 0], x, float32)).message).toMatch(
      /output is \[0, 0, 0, 0\].*Leave it out/,
    )
  })
})

test('a window of cells ends where numbers do', () => {
  const draw = { shape: [4], rate: 0.5, seed: 1 }
  expect(mask({ ...draw, cellOffset: Number.MAX_SAFE_INTEGER - 4 })).toHaveLength(1)
  const thrown = error(() => mask({ ...draw, cellOffset: Number.MAX_SAFE_INTEGER - 3 }))
  expect(thrown.message).toMatch(/cellOffset is 9007199254740988, but .* 2\^53 - 1 less the 4 noise cells/)
  expect(error(() => dropout(new Float32Array(3), draw)).message).toMatch(
    /x\.length is 3, but the shape \[4\] has 4 elements\. Pass as many values as the shape has elements/,
  )
})

describe('how values look in a message', () => {
  test.each([
    ['a', "'a'"],
    ['x'.repeat(40), `'${'x'.repeat(40)}'`],
    ['x'.repeat(41), `'${'x'.repeat(40)}...'`],
    [-0, '-0'],
    [0, '0'],
    [1.5, '1.5'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [5n, '5n'],
    [2n ** 255n - 1n, `${2n ** 255n - 1n}n`],
    [2n ** 255n, 'a bigint of more than 256 bits'],
    [() => 0, 'a function'],
    [{}, 'an object (Object)'],
    [new Date(0), 'an object (Date)'],
    [new Uint8Array(1), 'an object (Uint8Array)'],
    [Symbol('s'), 'Symbol(s)'],
    [[], '[]'],
    [[1, 'a', null], "[1, 'a', null]"],
    [[1, 2, 3, 4, 5, 6, 7, 8], '[1, 2, 3, 4, 5, 6, 7, 8]'],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], '[1, 2, 3, 4, 5, 6, 7, 8, ...]'],
    [[[1], [[2]]], '[[1], [[...]]]'],
  ])('%o is shown as %s', (value, text) => {
    expect(show(value)).toBe(text)
  })

  test('an array that contains itself ends', () => {
    const loop: unknown[] = []
    loop.push(loop)
    expect(show(loop)).toBe('[[[...]]]')
  })
})

describe('what to do with a value that is no Float32Array', () => {
  test.each([
    [[1, 2], 'Convert it with Float32Array.from(x)'],
    [[], 'Convert it with Float32Array.from(x)'],
    [[[1], [2]], 'Flatten it: Float32Array.from(x.flat(Infinity))'],
    [[new Float32Array(1)], 'Flatten it: Float32Array.from(x.flatMap((row) => [...row]))'],
    [Promise.resolve(), 'Pass what it resolves to: await it'],
    [{ mapAsync() {} }, 'Use createDropout of noiseshape/webgpu, which works on GPUBuffers'],
    [{ dataSync() {} }, 'Use dropout of noiseshape/tfjs, or pass await x.data()'],
    [{ getData() {} }, 'Pass await x.getData()'],
    [new Float64Array(1), 'Convert it with Float32Array.from(x), which rounds each value to float32'],
    [new BigInt64Array(1), 'Convert it with Float32Array.from(x, Number)'],
    [new BigUint64Array(1), 'Convert it with Float32Array.from(x, Number)'],
    [new ArrayBuffer(4), 'Pass new Float32Array(x)'],
    [new SharedArrayBuffer(4), 'Pass new Float32Array(x)'],
    [
      new DataView(new ArrayBuffer(4)),
      'Pass new Float32Array(x.buffer.slice(x.byteOffset, x.byteOffset + x.byteLength))',
    ],
    [new Int8Array(1), 'Convert it with Float32Array.from(x)'],
    [null, "Pass a Float32Array of the tensor's values, row-major"],
    [{}, "Pass a Float32Array of the tensor's values, row-major"],
    ['then', "Pass a Float32Array of the tensor's values, row-major"],
    [7, "Pass a Float32Array of the tensor's values, row-major"],
  ])('%o', (x, remedy) => {
    expect(tensorRemedy(x, float32)).toBe(remedy)
  })

  test('the bits of float16 and the bytes of float32 are told apart from values', () => {
    expect(tensorRemedy(new Uint16Array(1), float32)).toMatch(
      /float16 bits\. Float32Array\.from\(new Float16Array\(/,
    )
    expect(tensorRemedy(new Uint8Array(1), float32)).toMatch(
      /if each entry is a value; pass new Float32Array\(Uint8Array\.from\(x\)\.buffer\)/,
    )
  })
})
