/** Curves of three networks as they learn, as SVG: told apart by dashes, width and labels, not by colour alone. */

import { variants } from './train-recipe.js'

const WIDTH = 400
const HEIGHT = 260
const LEFT = 44
const RIGHT = 142 // for the labels at the ends of the curves
const TOP = 12
const BOTTOM = 38
const LABEL = 18 // least distance of labels

export const percent = (share: number) => `${Math.round(100 * share)} %`

/** @param curves for each variant, the share of digits that are read right after each epoch */
export function curvesSvg(label: string, curves: readonly (readonly number[])[], epochs: number): string {
  const x = (epoch: number) => LEFT + ((WIDTH - LEFT - RIGHT) * epoch) / epochs
  const y = (share: number) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
  const rules = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<path class="rule" d="M${LEFT} ${y(share)}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${y(share) + 4}" text-anchor="end">${percent(share)}</text>`,
  )
  const epochNames = [1, epochs].map(
    (epoch) =>
      `<text x="${x(epoch)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${epoch === 1 ? '1' : `${epoch} epochs`}</text>`,
  )
  const lines = curves.map((curve, variant) => {
    const points = curve.map((share, i) => `${x(i + 1).toFixed(1)} ${y(share).toFixed(1)}`)
    return points.length === 0
      ? ''
      : `<path class="curve variant-${variant}" d="M${points.join('L')}${points.length === 1 ? 'h0.1' : ''}"/>`
  })
  const ends = curves.flatMap((curve, variant) => {
    const last = curve.at(-1)
    return last === undefined ? [] : [{ variant, share: last, at: y(last), x: x(curve.length) }]
  })
  spread(ends)
  const labels = ends.map(
    ({ variant, at, x }) => `<text x="${x + 8}" y="${at + 4}">${variants[variant].name}</text>`,
  )
  const numbers = ends.map(({ variant, share }) => `${variants[variant].name} ${percent(share)}`)
  const title = numbers.length > 0 ? `${label}: ${numbers.join(', ')}` : label
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${[...rules, ...epochNames, ...lines, ...labels].join('')}</svg>`
}

/** Moves labels apart, from the lowest up; the lowest stays above the axis. */
function spread(labels: { at: number }[]): void {
  let below = HEIGHT - BOTTOM + LABEL / 2
  for (const label of labels.toSorted((a, b) => b.at - a.at)) {
    label.at = Math.min(label.at, below - LABEL)
    below = label.at
  }
  // What was pushed out of the top comes back, and pushes the others down.
  let above = TOP - LABEL / 2
  for (const label of labels.toSorted((a, b) => a.at - b.at)) {
    label.at = Math.max(label.at, above + LABEL / 2)
    above = label.at + LABEL / 2
  }
}
