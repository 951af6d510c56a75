/** What the plots of all pages share. */

/** Loads the plotting library, with the first result and not with the page. */
export const plotting = () => import('@observablehq/plot')

export const STYLE = { fontSize: '13px', background: 'none' }

/** Names a plot for screen readers: the whole of it, because Plot's names of its groups are on elements without a role. */
export function labelled(svg: Element, label: string): Element {
  svg.querySelectorAll('g[aria-label]').forEach((group) => {
    group.removeAttribute('aria-label')
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)
  return svg
}
