/** Images of 8 x 8 pixels from 0, paper, to 16, all ink: how they are written, fed to the network and drawn. */

import { context } from '../picture/picture.js'

export const SIDE = 8
export const INK = 16

/** 64 pixels, row by row. */
export type Digit = Uint8Array

/** Reads 64 pixels that are written as digits of base 17 (models/digits/README.md). */
export function readDigit(text: string): Digit {
  return Uint8Array.from(text, (character) => Number.parseInt(character, INK + 1))
}

/** What the network takes: ink as a share of 1, shape [digits, 1, 8, 8]. */
export function toInput(digits: readonly Digit[]): Float32Array {
  const area = SIDE * SIDE
  const input = new Float32Array(digits.length * area)
  digits.forEach((digit, i) => {
    for (let pixel = 0; pixel < area; pixel++) input[i * area + pixel] = digit[pixel] / INK
  })
  return input
}

/** Draws one canvas pixel for each of the digit's, dark ink on light paper; style makes it larger. */
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
