/**
 * Wrong arguments: for each option a control that passes, then one broken rule at a time, on both sides of each
 * boundary. A message must show what was received, state the rule, and say what to do instead.
 */

import { describe, expect, test } from 'vitest'
import { backends } from '#backends'
import { type Session, type Spatial, useSession } from '../support/backends'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { type Draw, judgeDropout } from '../support/judge'
import { caught, expectRefusal, type Kind } from '../support/refusals'

interface Broken {
  name: string
  change: Record<string, unknown>
  kind: Kind
  /** What the message must hold: the value as received, and words of the rule. */
  says: (string | RegExp)[]
}

interface Allowed {
  name: string
  change: Partial<Draw>
}

const control = { shape: [2, 3], rate: 0.5, seed: 1 } satisfies Draw

const SAFE = 2 ** 53 - 1

/** The values on the allowed side of each boundary. */
const ALLOWED: Allowed[] = [
  { name: 'rank 8', change: { shape: [1, 1, 1, 1, 1, 1, 2, 3] } },
  { name: 'a noise shape of the tensor', change: { noiseShape: [2, 3] } },
  { name: 'a noise shape of ones', change: { noiseShape: [1, 1] } },
  { name: 'a shorter noise shape', change: { noiseShape: [3] } },
  { name: 'a noise shape of null', change: { noiseShape: null } },
  { name: 'open entries', change: { noiseShape: [null, undefined] } },
  { name: 'an entry of -1', change: { noiseShape: [-1, 1] } },
  { name: 'rate 0', change: { rate: 0 } },
  { name: 'rate -0', change: { rate: -0 } },
  { name: 'rate 1', change: { rate: 1 } },
  { name: 'the smallest rate', change: { rate: Number.MIN_VALUE } },
  { name: 'the largest rate below 1', change: { rate: 1 - 2 ** -53 } },
  { name: 'seed 0', change: { seed: 0 } },
  { name: 'the largest number as seed', change: { seed: SAFE } },
  { name: 'seed 0n', change: { seed: 0n } },
  { name: 'the largest bigint as seed', change: { seed: 2n ** 64n - 1n } },
  { name: 'the largest stream', change: { stream: 2 ** 32 - 1 } },
  { name: 'the generator by name', change: { generator: 'native-1' } },
  { name: 'the largest number as step', change: { step: SAFE } },
  { name: 'the largest bigint as step', change: { step: 2n ** 64n - 1n } },
  { name: 'the last window of 6 cells', change: { cellOffset: SAFE - 6 } },
  { name: 'the last window of 3 cells', change: { cellOffset: SAFE - 3, noiseShape: [1, 3] } },
]

/** The same boundaries from the other side, and wrong types. */
const BROKEN: Broken[] = [
  {
    name: 'a generator of another version',
    change: { generator: 'native-9' },
    kind: RangeError,
    says: ['generator', "'native-9'", "'native-1'"],
  },
  { name: 'a number as generator', change: { generator: 1 }, kind: TypeError, says: ['generator', '1'] },
  { name: 'no shape', change: { shape: undefined }, kind: TypeError, says: ['shape', 'undefined', 'array'] },
  { name: 'a number as shape', change: { shape: 6 }, kind: TypeError, says: ['shape', '6', 'array'] },
  { name: 'a string as shape', change: { shape: '2,3' }, kind: TypeError, says: ['shape', '2,3', 'array'] },
  { name: 'a size of text', change: { shape: ['2', 3] }, kind: TypeError, says: ['shape', "'2'", 'number'] },
  { name: 'an open size', change: { shape: [null, 3] }, kind: TypeError, says: ['shape', 'null', 'number'] },
  { name: 'a size of -1', change: { shape: [-1, 3] }, kind: RangeError, says: ['shape', '-1', 'integer'] },
  { name: 'a size of 1.5', change: { shape: [1.5, 4] }, kind: RangeError, says: ['shape', '1.5', 'integer'] },
  {
    name: 'a size of NaN',
    change: { shape: [Number.NaN, 3] },
    kind: RangeError,
    says: ['shape', 'NaN', 'integer'],
  },
  {
    name: 'an infinite size',
    change: { shape: [Infinity, 3] },
    kind: RangeError,
    says: ['shape', 'Infinity', 'integer'],
  },
  {
    name: 'rank 9',
    change: { shape: [1, 1, 1, 1, 1, 1, 1, 2, 3] },
    kind: RangeError,
    says: ['shape', '9', 'rank', '8'],
  },
  {
    name: 'a product of 2^53',
    change: { shape: [2 ** 27, 2 ** 26] },
    kind: RangeError,
    says: ['shape', '134217728', 'product', '2^53'],
  },
  {
    name: 'a number as noise shape',
    change: { noiseShape: 1 },
    kind: TypeError,
    says: ['noiseShape', '1', 'array'],
  },
  {
    name: 'a string as noise shape',
    change: { noiseShape: '1,3' },
    kind: TypeError,
    says: ['noiseShape', '1,3', 'array'],
  },
  {
    name: 'an entry of text',
    change: { noiseShape: ['1', 3] },
    kind: TypeError,
    says: ['noiseShape', "'1'", 'number'],
  },
  {
    name: 'a longer noise shape',
    change: { noiseShape: [1, 2, 3] },
    kind: RangeError,
    says: ['noiseShape', '[1, 2, 3]', 'rank', '2'],
  },
  {
    name: 'a longer noise shape of ones',
    change: { noiseShape: [1, 1, 1] },
    kind: RangeError,
    says: ['noiseShape', '[1, 1, 1]', 'rank'],
  },
  {
    name: 'an entry that would grow the output',
    change: { noiseShape: [4, 3] },
    kind: RangeError,
    says: ['noiseShape', '4', '1', '2'],
  },
  {
    name: 'an entry between 1 and the size',
    change: { noiseShape: [2, 2] },
    kind: RangeError,
    says: ['noiseShape', '2', '1', '3'],
  },
  {
    name: 'sizes aligned to the left',
    change: { noiseShape: [2] },
    kind: RangeError,
    says: ['noiseShape', '2', '1', '3'],
  },
  {
    name: 'an entry that would grow a dim of size 1',
    change: { shape: [1, 6], noiseShape: [2, 6] },
    kind: RangeError,
    says: ['noiseShape', '2', '1'],
  },
  {
    name: 'an entry of 0',
    change: { noiseShape: [0, 3] },
    kind: RangeError,
    says: ['noiseShape', '0', '1', '2'],
  },
  {
    name: 'an entry of -2',
    change: { noiseShape: [-2, 3] },
    kind: RangeError,
    says: ['noiseShape', '-2', '1', '2'],
  },
  {
    name: 'an entry of 1.5',
    change: { noiseShape: [1.5, 3] },
    kind: RangeError,
    says: ['noiseShape', '1.5'],
  },
  {
    name: 'an entry of NaN',
    change: { noiseShape: [Number.NaN, 3] },
    kind: RangeError,
    says: ['noiseShape', 'NaN'],
  },
  {
    name: 'an infinite entry',
    change: { noiseShape: [Infinity, 3] },
    kind: RangeError,
    says: ['noiseShape', 'Infinity'],
  },
  { name: 'no rate', change: { rate: undefined }, kind: TypeError, says: ['rate', 'undefined', 'number'] },
  { name: 'a rate of text', change: { rate: '0.5' }, kind: TypeError, says: ['rate', "'0.5'", 'number'] },
  { name: 'a bigint as rate', change: { rate: 0n }, kind: TypeError, says: ['rate', '0n', 'number'] },
  {
    name: 'the largest rate below 0',
    change: { rate: -Number.MIN_VALUE },
    kind: RangeError,
    says: ['rate', '-5e-324', '[0, 1]'],
  },
  {
    name: 'the smallest rate above 1',
    change: { rate: 1 + 2 ** -52 },
    kind: RangeError,
    says: ['rate', '1.0000000000000002', '[0, 1]'],
  },
  { name: 'a rate of NaN', change: { rate: Number.NaN }, kind: RangeError, says: ['rate', 'NaN', '[0, 1]'] },
  {
    name: 'an infinite rate',
    change: { rate: Infinity },
    kind: RangeError,
    says: ['rate', 'Infinity', '[0, 1]'],
  },
  { name: 'no seed', change: { seed: undefined }, kind: TypeError, says: ['seed', 'undefined', 'required'] },
  { name: 'null as seed', change: { seed: null }, kind: TypeError, says: ['seed', 'null'] },
  { name: 'a seed of text', change: { seed: '42' }, kind: TypeError, says: ['seed', "'42'", 'integer'] },
  { name: 'seed -1', change: { seed: -1 }, kind: RangeError, says: ['seed', '-1', 'integer'] },
  { name: 'seed 1.5', change: { seed: 1.5 }, kind: RangeError, says: ['seed', '1.5', 'integer'] },
  { name: 'seed NaN', change: { seed: Number.NaN }, kind: RangeError, says: ['seed', 'NaN', 'integer'] },
  {
    name: 'seed 2^53',
    change: { seed: 2 ** 53 },
    kind: RangeError,
    says: ['seed', '9007199254740992', '2^53', 'bigint'],
  },
  { name: 'seed -1n', change: { seed: -1n }, kind: RangeError, says: ['seed', '-1n', 'bigint'] },
  {
    name: 'seed 2^64',
    change: { seed: 2n ** 64n },
    kind: RangeError,
    says: ['seed', '18446744073709551616', '64'],
  },
  { name: 'stream -1', change: { stream: -1 }, kind: RangeError, says: ['stream', '-1', 'integer', '2^32'] },
  { name: 'stream 0.5', change: { stream: 0.5 }, kind: RangeError, says: ['stream', '0.5', 'integer'] },
  {
    name: 'stream 2^32',
    change: { stream: 2 ** 32 },
    kind: RangeError,
    says: ['stream', '4294967296', '2^32'],
  },
  { name: 'a stream of text', change: { stream: '3' }, kind: TypeError, says: ['stream', "'3'", 'integer'] },
  { name: 'a bigint as stream', change: { stream: 3n }, kind: TypeError, says: ['stream', '3n', 'integer'] },
  { name: 'step -1', change: { step: -1 }, kind: RangeError, says: ['step', '-1', 'integer'] },
  { name: 'step 0.5', change: { step: 0.5 }, kind: RangeError, says: ['step', '0.5', 'integer'] },
  {
    name: 'step 2^53',
    change: { step: 2 ** 53 },
    kind: RangeError,
    says: ['step', '9007199254740992', '2^53'],
  },
  { name: 'step -1n', change: { step: -1n }, kind: RangeError, says: ['step', '-1n'] },
  {
    name: 'step 2^64',
    change: { step: 2n ** 64n },
    kind: RangeError,
    says: ['step', '18446744073709551616', '64'],
  },
  { name: 'null as step', change: { step: null }, kind: TypeError, says: ['step', 'null', 'integer'] },
  { name: 'a step of text', change: { step: '1' }, kind: TypeError, says: ['step', "'1'", 'integer'] },
  {
    name: 'cellOffset -1',
    change: { cellOffset: -1 },
    kind: RangeError,
    says: ['cellOffset', '-1', 'integer'],
  },
  {
    name: 'cellOffset 0.5',
    change: { cellOffset: 0.5 },
    kind: RangeError,
    says: ['cellOffset', '0.5', 'integer'],
  },
  {
    name: 'a window of 6 cells that ends at 2^53',
    change: { cellOffset: SAFE - 5 },
    kind: RangeError,
    says: ['cellOffset', String(SAFE - 5), '2^53'],
  },
  {
    name: 'a window of 3 cells that ends at 2^53',
    change: { cellOffset: SAFE - 2, noiseShape: [1, 3] },
    kind: RangeError,
    says: ['cellOffset', String(SAFE - 2), '2^53'],
  },
  {
    name: 'a cellOffset of text',
    change: { cellOffset: '0' },
    kind: TypeError,
    says: ['cellOffset', "'0'", 'integer'],
  },
  {
    name: 'a bigint as cellOffset',
    change: { cellOffset: 0n },
    kind: TypeError,
    says: ['cellOffset', '0n', 'integer'],
  },
]

describe.each(backends)('$name', (backend) => {
  const session = useSession(backend)
  const six = () => Float32Array.of(1, 2, 3, 4, 5, 6)

  test('the control passes', async () => {
    expect(await session().dropout(six(), control)).toHaveLength(6)
  })

  test.each(ALLOWED)('$name is allowed', async ({ change }) => {
    const draw = { ...control, ...change }
    const x = input(draw.shape, 1)
    expectSameBits(await session().dropout(floats(x), draw), judgeDropout(x, draw))
  })

  test.each(BROKEN)('$name is refused', async ({ change, kind, says }) => {
    const draw = { ...control, ...change } as Draw
    expectRefusal(await caught(async () => session().dropout(six(), draw)), kind, says)
    expectRefusal(await caught(async () => session().mask(draw)), kind, says)
  })

  if (backend.makesArrays) arrayErrors(session, six)
})

const literal = (text: string) => new RegExp(text.replace(/[[\]().+*?^${}|\\]/g, '\\$&'))

/** What only those have that take and give Float32Arrays. */
function arrayErrors(session: () => Session, six: () => Float32Array): void {
  const arrays = () => session().arrays as NonNullable<Session['arrays']>

  test.each(BROKEN)('noise: $name is refused', async ({ change, kind, says }) => {
    const draw = { ...control, ...change } as Draw
    expectRefusal(await caught(async () => arrays().noise(draw)), kind, says)
  })

  test.each([
    { name: 'an array of numbers', x: [1, 2, 3, 4, 5, 6], says: ['[1, 2', 'with Float32Array.from(x).'] },
    {
      name: 'a nested array',
      x: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      says: ['Flatten it: Float32Array.from(x.flat(Infinity))'],
    },
    {
      name: 'an array of Float32Arrays',
      x: [new Float32Array(3)],
      says: ['Float32Array.from(x.flatMap((row) => [...row]))'],
    },
    { name: 'a promise', x: Promise.resolve(new Float32Array(6)), says: ['Promise', 'await it'] },
    {
      name: 'a Float64Array',
      x: new Float64Array(6),
      says: ['Float64Array', 'Float32Array.from(x)', 'rounds'],
    },
    { name: 'an Int32Array', x: new Int32Array(6), says: ['Int32Array', 'with Float32Array.from(x).'] },
    {
      name: 'a Uint16Array',
      x: new Uint16Array(6),
      says: ['Uint16Array', 'look like float16 bits', 'new Float16Array(x.buffer, x.byteOffset, x.length)'],
    },
    {
      name: 'a Uint8Array',
      x: new Uint8Array(24),
      says: ['Uint8Array', 'Float32Array.from(x)', 'new Float32Array(Uint8Array.from(x).buffer)'],
    },
    {
      name: 'a BigInt64Array',
      x: new BigInt64Array(6),
      says: ['BigInt64Array', 'Float32Array.from(x, Number)'],
    },
    { name: 'an ArrayBuffer', x: new ArrayBuffer(24), says: ['ArrayBuffer', 'Pass new Float32Array(x).'] },
    {
      name: 'a DataView',
      x: new DataView(new ArrayBuffer(24)),
      says: ['new Float32Array(x.buffer.slice(x.byteOffset, x.byteOffset + x.byteLength))'],
    },
    { name: 'nothing', x: undefined, says: ['undefined', 'Float32Array', 'row-major'] },
    { name: 'a number', x: 6, says: ['6', 'Float32Array', 'row-major'] },
  ])('$name as x is refused, with the remedy for it', async ({ x, says }) => {
    const run = async () => session().dropout(x as unknown as Float32Array, control)
    expectRefusal(await caught(run), TypeError, ['x is', ...says.map(literal)])
  })

  test.each([0, 5, 7])('%i values for 6 elements are refused', async (length) => {
    const run = async () => session().dropout(new Float32Array(length), control)
    expectRefusal(await caught(run), RangeError, [String(length), '6', /element/])
  })

  test('a value for a tensor of no element is refused', async () => {
    const run = async () => session().dropout(new Float32Array(1), { ...control, shape: [0, 3] })
    expectRefusal(await caught(run), RangeError, ['1', '0', /element/])
  })

  test.each([undefined, null, 3])('%s as options is refused', async (options) => {
    const run = async () => session().dropout(six(), options as unknown as Draw)
    expectRefusal(await caught(run), TypeError, ['options', String(options), 'object'])
  })

  describe('dataFormat', () => {
    const spatial: Spatial = { shape: [1, 2, 3], rate: 0.5, seed: 1 }

    test.each(['channelsLast', 'channelsFirst', undefined] as const)('%s is allowed', async (dataFormat) => {
      expect(await arrays().spatialDropout1D(six(), { ...spatial, dataFormat })).toHaveLength(6)
    })

    test.each([
      { dataFormat: 'channels_last', kind: RangeError },
      { dataFormat: 'NHWC', kind: RangeError },
      { dataFormat: 5, kind: TypeError },
      { dataFormat: null, kind: TypeError },
    ])('$dataFormat is refused', async ({ dataFormat, kind }) => {
      const options = { ...spatial, dataFormat } as Spatial
      const error = await caught(async () => arrays().spatialDropout1D(six(), options))
      expectRefusal(error, kind, ['dataFormat', String(dataFormat), 'channelsLast', 'channelsFirst'])
    })
  })
}
