/**
 * From strokes to 8 x 8 pixels, the way the digits of the data set were made: a bitmap of 32 x 32, of which the pixels
 * that are on are counted in blocks of 4 x 4. The set's digits fill the height of their bitmap, are about 22 pixels
 * wide, stand in the middle, and have 303 to 330 pixels on, a 1 no fewer than an 8 (means of each class). They do not
 * slant: the leftmost pixels of the first and of the last row stand in one column (sd 0.3 of the 8). A drawing is
 * brought to the same slant, size, place and ink.
 */

import { type Digit, INK, SIDE } from '../../models/digits/digits.js'
import { context } from '../shared/canvas.js'
import { drawStrokes, type Stroke } from './strokes.js'

const BITMAP = 32
const BLOCK = BITMAP / SIDE
const WIDTH = 22
const PIXELS_ON = 312
/** Between the points of a filled stroke, and so far from upright is as far as handwriting goes. */
const STEP = 0.01
const MAX_SHEAR = 0.6
/** A digit drawn broad may be stretched to the full height, but a dash must not become a bar. */
const MAX_STRETCH = 2

/** Of the sheet: what is smaller in both directions is a dot, and stays one. */
const TINY = 0.1

/** Resamples strokes on a sheet of side 1; undefined where there are none. */
export function resample(strokes: readonly Stroke[]): Digit | undefined {
  if (strokes.every((stroke) => stroke.length === 0)) return undefined
  const upright = straighten(strokes.map(fill))
  let [thin, thick] = [1.5, 11]
  let bitmap = toBitmap(upright, thin)
  while (thick - thin > 0.25) {
    const width = (thin + thick) / 2
    const next = toBitmap(upright, width)
    if (on(next) > PIXELS_ON) {
      thick = width
    } else {
      thin = width
      bitmap = next
    }
  }
  const digit = new Uint8Array(SIDE * SIDE)
  bitmap.forEach((pixel, i) => {
    const [row, column] = [Math.floor(i / BITMAP / BLOCK), Math.floor((i % BITMAP) / BLOCK)]
    digit[row * SIDE + column] += pixel
  })
  return digit.map((count) => Math.min(count, INK))
}

/** A stroke with points between those of a fast pen, so that each height of it is known. */
function fill(stroke: Stroke): Stroke {
  return stroke.flatMap((point, i) => {
    const { x, y } = stroke[Math.max(0, i - 1)]
    const steps = Math.max(1, Math.ceil(Math.hypot(point.x - x, point.y - y) / STEP))
    return Array.from({ length: steps }, (_, step) => {
      const share = (step + 1) / steps
      return { x: x + (point.x - x) * share, y: y + (point.y - y) * share }
    })
  })
}

/** Shears strokes until their left edges at top and bottom stand in one column. */
function straighten(strokes: readonly Stroke[]): Stroke[] {
  const points = strokes.flat()
  const [top, bottom] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))]
  const row = (bottom - top) / SIDE
  const left = (from: number, to: number) =>
    Math.min(...points.filter(({ y }) => y >= from && y <= to).map(({ x }) => x))
  const slant = (left(bottom - row, bottom) - left(top, top + row)) / Math.max(bottom - top, TINY)
  const shear = Math.max(-MAX_SHEAR, Math.min(MAX_SHEAR, slant))
  return strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: x - shear * (y - top), y })))
}

/** The strokes drawn with a pen of this width, 0 or 1 for each of 32 x 32 pixels. */
function toBitmap(strokes: readonly Stroke[], pen: number): Uint8Array {
  const points = strokes.flat()
  const [left, right] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))]
  const [top, bottom] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))]
  const [width, height] = [Math.max(right - left, TINY), Math.max(bottom - top, TINY)]
  const scaleX = Math.min(Math.max(WIDTH - pen, 1) / width, (BITMAP - pen) / height)
  const scaleY = Math.min((BITMAP - pen) / height, MAX_STRETCH * scaleX)
  const canvas = document.createElement('canvas')
  canvas.width = BITMAP
  canvas.height = BITMAP
  const brush = context(canvas)
  drawStrokes(brush, strokes, pen, ({ x, y }) => ({
    x: BITMAP / 2 + (x - (left + right) / 2) * scaleX,
    y: BITMAP / 2 + (y - (top + bottom) / 2) * scaleY,
  }))
  const { data } = brush.getImageData(0, 0, BITMAP, BITMAP)
  return Uint8Array.from({ length: BITMAP * BITMAP }, (_, i) => (data[i * 4 + 3] >= 128 ? 1 : 0))
}

function on(bitmap: Uint8Array): number {
  return bitmap.reduce((sum, pixel) => sum + pixel, 0)
}
