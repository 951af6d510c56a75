/** docs/mask-stream.md defines the masks: its code, without any of the library, gives every known answer. */

import { expect, test } from 'vitest'
import { examples, run } from '../support/examples'
import { goldenGenerator, goldenMasks } from '../support/golden'

type Draw = Record<'seed' | 'stream' | 'step' | 'rate', number | bigint>

const page = examples.filter(({ file }) => file === 'docs/mask-stream.md')
const definition = page[0]
const { threefry4x32, isKept } = (await run(definition.code, {}, { console: { log() {} } }, [
  'threefry4x32',
  'isKept',
])) as {
  threefry4x32: (counter: ArrayLike<number>, key: ArrayLike<number>) => Uint32Array
  isKept: (cell: number, draw: Draw) => boolean
}

test('it needs nothing but the language', () => {
  expect(definition.imports).toEqual([])
})

test.each(goldenGenerator)('generator: $counter, $key', ({ counter, key, out }) => {
  expect(threefry4x32(counter, key)).toEqual(out)
})

test.each(goldenMasks)('mask: $name', ({ draw, words }) => {
  const [cells] = draw.shape
  const mask = new Uint32Array(Math.ceil(cells / 32))
  for (let i = 0; i < cells; i++) {
    if (isKept((draw.cellOffset ?? 0) + i, draw)) mask[Math.floor(i / 32)] += 2 ** (i % 32)
  }
  expect(mask).toEqual(words)
})

test('its example and the call of the library below it print the same', () => {
  expect(page[0].output).toBe(page[1].output)
})

test('it repeats the known answers of the generator', async () => {
  const { default: markdown } = await import('../../docs/mask-stream.md?raw')
  const hex = (words: ArrayLike<number>) =>
    Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(' ')
  for (const { counter, key, out } of goldenGenerator) {
    expect(markdown).toContain(`| ${hex(counter)} | ${hex(key)} | ${hex(out)} |`)
  }
})
