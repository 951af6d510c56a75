/** Digits onto canvases. */

import { type Digit, INK, SIDE } from '../../models/digits/digits.js'
import { context } from '../shared/canvas.js'

/** Draws one canvas pixel for each of the digit's, dark ink on light paper; CSS enlarges it. */
export function drawDigit(canvas: HTMLCanvasElement, digit: Digit): void {
  canvas.width = SIDE
  canvas.height = SIDE
  const pen = context(canvas)
  const image = pen.createImageData(SIDE, SIDE)
  digit.forEach((ink, pixel) => {
    const grey = 255 * (1 - ink / INK)
    image.data.set([grey, grey, grey, 255], pixel * 4)
  })
  pen.putImageData(image, 0, 0)
}
