/** Tables of results. */

import { make } from '../shared/elements.js'

/** A row with a string in place of cells shows it as one sentence across all columns. */
export function table(
  columns: string[],
  rows: { role: string; head: string; cells: string[] | string }[],
  label: string,
  className = '',
): Element {
  const head = make(
    'tr',
    {},
    columns.map((textContent) => make('th', { scope: 'col', textContent })),
  )
  const body = rows.map(({ role, head, cells }) => {
    const row = make('tr', {}, [
      make('th', { scope: 'row', textContent: head }),
      ...(typeof cells === 'string'
        ? [make('td', { className: 'reason', colSpan: columns.length - 1, textContent: cells })]
        : cells.map((textContent) => make('td', { textContent }))),
    ])
    row.dataset.role = role
    return row
  })
  const grid = make('table', { className, ariaLabel: label }, [
    make('thead', {}, [head]),
    make('tbody', {}, body),
  ])
  // Wider than a phone, so it scrolls on its own; the tab index lets the keyboard scroll it.
  return make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: `Table: ${label}` }, [
    grid,
  ])
}
