/** Tensors and coins as tables of HTML, so that they read well without JavaScript, too. Pure text in, text out. */

import { escapeHtml } from '../shared/escape-html.js'
import { type Broadcast, broadcast, indicesOf } from './broadcast.js'
import type { Axis, Shapes } from './shapes.js'

export interface Grids {
  shapes: Shapes
  /** For each coin: whether its values are kept. */
  kept: readonly boolean[]
  /** What a value is where it is kept, as text. */
  value: (at: number) => string
}

/** The coins, each as large as the values it decides; they can be turned. */
export function coinTables({ shapes, kept }: Grids): string {
  const { axes, noise } = shapes
  const { each } = broadcast(shapes)
  const [, rows, columns] = layout(axes)
  const [noiseFaces, noiseRows, noiseColumns] = layout(noise.map((size, i) => ({ ...axes[i], size })))
  const tables = Array.from({ length: count(noiseFaces) }, (_, face) => {
    const cells = (row: number) => {
      if (row > 0 && noiseRows.size === 1) return ''
      const spanDown = noiseRows.size === 1 ? rows.size : 1
      const spanAcross = noiseColumns.size === 1 ? columns.size : 1
      return Array.from({ length: noiseColumns.size }, (_, column) => {
        const coin = (face * noiseRows.size + row) * noiseColumns.size + column
        const index = indicesOf(noise, coin)
        const of = axes.flatMap((axis, i) => (noise[i] === axis.size ? [indexName(axis, index[i])] : []))
        const which = of.length > 0 ? of.join(', ') : 'everything'
        const state = kept[coin] ? 'keep' : 'drop'
        const title = `${state}: coin for ${which}, decides ${each === 1 ? 'its value' : `its ${each} values`}`
        return `<td${span('rowspan', spanDown)}${span('colspan', spanAcross)}><button type="button" class="coin ${state}s" data-coin="${coin}" aria-label="${escapeHtml(title)}">${state}</button></td>`
      }).join('')
    }
    return table(faceName(axes, noise, face), axes, cells)
  })
  return `<div class="faces">${tables.join('')}</div>`
}

/** The values after dropout: a dropped one is hatched and 0. */
export function valueTables({ shapes, kept, value }: Grids, known: Broadcast = broadcast(shapes)): string {
  const { axes } = shapes
  const [faces, rows, columns] = layout(axes)
  const sizes = axes.map(({ size }) => size)
  const tables = Array.from({ length: count(faces) }, (_, face) => {
    const cells = (row: number) =>
      Array.from({ length: columns.size }, (_, column) => {
        const at = (face * rows.size + row) * columns.size + column
        const coin = known.coinOf[at]
        const state = kept[coin] ? 'kept' : 'dropped'
        return `<td tabindex="${at === 0 ? 0 : -1}" class="value ${state}" data-at="${at}" data-coin="${coin}">${kept[coin] ? value(at) : '0'}</td>`
      }).join('')
    return table(faceName(axes, sizes, face), axes, cells)
  })
  return `<div class="faces">${tables.join('')}</div>`
}

/** One switch per axis: its own size, or 1. */
export function switchFields(id: string, { axes, noise }: Shapes): string {
  return axes
    .map(({ size, name }, axis) => {
      const choice = (to: number, says: string) =>
        `<label><input type="radio" name="${id}-axis-${axis}" value="${to}"${noise[axis] === to ? ' checked' : ''} /><span>${to}<span class="unseen">: ${says}</span></span></label>`
      const own = choice(size, `a coin for each ${name}`)
      const shared = size > 1 ? choice(1, `one coin for every ${name}`) : ''
      return `<fieldset class="switch"><legend>${escapeHtml(name)}</legend><div class="chips">${own}${shared}</div></fieldset>`
    })
    .join('')
}

/** The axes of a tensor as a page can show them: tables, their rows, their columns. */
function layout(axes: readonly Axis[]): [readonly Axis[], Axis, Axis] {
  const one: Axis = { size: 1, name: '' }
  return [axes.slice(0, -2), axes.at(-2) ?? one, axes.at(-1) ?? one]
}

const count = (axes: readonly Axis[]) => axes.reduce((all, { size }) => all * size, 1)

function table(caption: string, axes: readonly Axis[], cells: (row: number) => string): string {
  const [, rows, columns] = layout(axes)
  const heads = Array.from(
    { length: columns.size },
    (_, i) => `<th scope="col">${escapeHtml(shortName(columns, i))}</th>`,
  )
  const body = Array.from({ length: rows.size }, (_, i) => {
    const head = axes.length > 1 ? `<th scope="row">${escapeHtml(shortName(rows, i))}</th>` : ''
    return `<tr>${head}${cells(i)}</tr>`
  })
  const corner = axes.length > 1 ? '<td></td>' : ''
  const title = caption ? `<caption>${escapeHtml(caption)}</caption>` : ''
  return `<table class="grid">${title}<thead><tr>${corner}${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`
}

/** What a table stands for: "example 0", or "every example" where the noise shape has 1. */
function faceName(axes: readonly Axis[], noise: readonly number[], face: number): string {
  const outer = axes.slice(0, -2)
  const index = indicesOf(noise.slice(0, -2), face)
  return outer
    .map((axis, i) => (noise[i] === 1 && axis.size > 1 ? `every ${axis.name}` : indexName(axis, index[i])))
    .join(', ')
}

/** An index in words: "the", "channel 2". */
export function indexName({ name, labels }: Axis, index: number): string {
  return labels?.[index] ?? `${name} ${index}`
}

function shortName({ name, labels }: Axis, index: number): string {
  return labels?.[index] ?? `${name.startsWith('axis') ? '' : name[0]}${index}`
}

const span = (name: string, size: number) => (size > 1 ? ` ${name}="${size}"` : '')
