/** Curves of three networks as they learn, as SVG: told apart by dashes, width and labels, not by colour alone. */

import { variants } from './recipe.js'

const WIDTH = 360
const HEIGHT = 250
const LEFT = 44
const RIGHT = 120 // for the labels at the ends of the curves
const TOP = 20
const BOTTOM = 38
const LABEL = 17 // height of a label

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
  const parts = [...rules, ...epochNames, ...lines.toReversed(), ...labels] // thin lines over thick ones
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${parts.join('')}</svg>`
}

/** Moves labels that would overlap apart, each by half, until there is room for all. */
function spread(labels: { at: number }[]): void {
  labels.sort((a, b) => a.at - b.at)
  for (let round = 0; round < 20; round++) {
    for (let i = 1; i < labels.length; i++) {
      const overlap = LABEL - (labels[i].at - labels[i - 1].at)
      if (overlap <= 0) continue
      labels[i - 1].at -= overlap / 2
      labels[i].at += overlap / 2
    }
  }
}
