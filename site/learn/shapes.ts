/** Shapes as a reader types them: `2, 3, 4`, `[k, l, m]` or `(None, 1, null)`. */

export const MAX_RANK = 5
/** More values cannot be read on a page. */
export const MAX_ELEMENTS = 256

/** An axis of the tensor: its size, what it counts, and what its indices are called. */
export interface Axis {
  size: number
  /** One of its indices: "word". */
  name: string
  /** The names of its indices, if they have any: "the", "cat", "sat". */
  labels?: readonly string[] | undefined
}

/** A tensor and its noise shape. `noise[axis]` is 1 or the axis' own size. */
export interface Shapes {
  axes: readonly Axis[]
  noise: readonly number[]
}

export type Field = 'shape' | 'noise' | 'rate' | 'seed'

/** Why a text is not a shape, in words for the reader. */
export class ShapeError extends Error {
  constructor(
    readonly field: Field,
    message: string,
  ) {
    super(message)
  }
}

/** Sizes that letters stand for, by axis: small enough to be seen, and no two neighbours alike. */
const LETTER_SIZES = [2, 3, 4, 2, 3]
const LETTERS = 'klmno'
/** What axes usually count, the channels last, by rank. */
const NAMES = [
  [],
  ['value'],
  ['example', 'feature'],
  ['example', 'step', 'channel'],
  ['example', 'row', 'column', 'channel'],
  ['example', 'layer', 'row', 'column', 'channel'],
]

/** Reads a tensor's shape. A letter is an axis of any size; a small size is chosen for it. */
export function readAxes(text: string): Axis[] {
  const entries = split(text, 'shape')
  if (entries.length === 0) throw new ShapeError('shape', 'Type at least one size, e.g. 2, 3, 4.')
  if (entries.length > MAX_RANK) {
    throw new ShapeError('shape', `${entries.length} sizes are too many to draw: at most ${MAX_RANK}.`)
  }
  const axes = entries.map((entry, i): Axis => {
    if (/^[a-z]$/i.test(entry)) return { size: LETTER_SIZES[i], name: entry }
    if (!/^\d+$/.test(entry) || Number(entry) === 0) {
      throw new ShapeError('shape', `“${entry}” is not a size: type a number from 1 on, or a letter.`)
    }
    return { size: Number(entry), name: NAMES[entries.length][i] }
  })
  const elements = axes.reduce((product, { size }) => product * size, 1)
  if (elements > MAX_ELEMENTS) {
    throw new ShapeError('shape', `${elements} values are too many to draw: at most ${MAX_ELEMENTS}.`)
  }
  return axes
}

/** Reads a noise shape for these axes, aligned to their right end as the library does it. */
export function readNoise(text: string, axes: readonly Axis[]): number[] {
  const entries = split(text, 'noise')
  if (entries.length > axes.length) {
    throw new ShapeError('noise', `It has ${entries.length} entries and the tensor only ${axes.length}.`)
  }
  const missing = axes.length - entries.length
  return axes.map(({ size, name }, i) => {
    if (entries.length === 0) return size
    if (i < missing) return 1
    const entry = entries[i - missing]
    const own = ['null', 'none', '-1', String(size), name.toLowerCase(), LETTERS[i]]
    if (own.includes(entry.toLowerCase())) return size
    if (entry === '1') return 1
    throw new ShapeError('noise', `“${entry}” cannot stand for ${name}: type 1, or its own size, ${size}.`)
  })
}

function split(text: string, field: Field): string[] {
  const inner = text
    .trim()
    .replace(/^[[(]/, '')
    .replace(/[\])]$/, '')
  if (inner.trim() === '') return []
  const entries = inner.replace(/,\s*$/, '').split(',')
  const trimmed = entries.map((entry) => entry.trim())
  if (trimmed.includes('')) throw new ShapeError(field, 'An entry is empty: separate sizes by one comma.')
  return trimmed
}

/** Sizes as they are typed: `2, 1, 4`. */
export const write = (sizes: readonly number[]) => sizes.join(', ')

/** A noise shape in letters: `[k, 1, m]`. */
export function inLetters({ axes, noise }: Shapes): string {
  const letters = axes.map(({ size }, i) => (noise[i] === 1 && size !== 1 ? '1' : LETTERS[i]))
  return `[${letters.join(', ')}]`
}
