/** What the results are made of: elements, and tables of them. */

/** A string in place of cells is a sentence over all of them. */
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
  // Wider than a phone, so it scrolls by itself, and the keyboard can reach it to do so.
  return make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: `Table: ${label}` }, [
    grid,
  ])
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  children: readonly Element[] = [],
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}
