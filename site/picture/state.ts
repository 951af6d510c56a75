/** The settings as they stand in the address: `#pattern=rows&rate=0.2&seed=42&stream=0&step=0`. */

import type { Field } from './fields.js'

export interface State {
  /** The pattern that makes the tensor; undefined where the address names none. */
  pattern: string | undefined
  /** What is in the fields. Without a shape and a noise shape, those of the pattern. */
  text: Partial<Record<Field, string>>
  scaled: boolean
}

const SHAPES: readonly string[] = ['shape', 'noise'] satisfies Field[]

/** The state as names and values; shapes without their brackets. */
export function toAddress({ pattern, text, scaled }: State): Record<string, string | undefined> {
  const values = Object.entries(text).map(([name, value]) => [
    name,
    SHAPES.includes(name) ? bare(value) : value.trim(),
  ])
  return { pattern, ...Object.fromEntries(values), scaled: scaled ? '1' : undefined }
}

export function fromAddress(names: Readonly<Record<string, string | undefined>>): State {
  const { pattern, shape, noise, rate, seed, stream, step, scaled } = names
  const text = { shape: bracketed(shape), noise: bracketed(noise), rate, seed, stream, step }
  return { pattern, text, scaled: scaled === '1' }
}

/** `[2, null, 4]` as `2,null,4`. Whatever else was typed stays as it is, and so do the brackets of an empty list. */
function bare(typed: string): string {
  const list = /^\s*[[(](.+)[\])]\s*$/.exec(typed)?.[1] ?? typed
  return list
    .split(',')
    .map((entry) => entry.trim())
    .join(',')
}

function bracketed(list: string | undefined): string | undefined {
  if (!list || /[[(]/.test(list)) return list
  return `[${list.split(',').join(', ')}]`
}
