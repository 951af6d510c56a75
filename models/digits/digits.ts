/** The digits as data: images of 8 x 8 pixels from 0, paper, to 16, all ink. */

export const SIDE = 8
export const INK = 16

/** 64 pixels, row by row. */
export type Digit = Uint8Array

/** Reads 64 pixels that are written as digits of base 17 (README.md here). */
export function readDigit(text: string): Digit {
  return Uint8Array.from(text, (character) => Number.parseInt(character, INK + 1))
}

/** The reverse of `readDigit`. */
export function writeDigit(digit: Digit): string {
  return Array.from(digit, (pixel) => pixel.toString(INK + 1)).join('')
}

/** The network's input: ink as a fraction from 0 to 1, shape [digits, 1, 8, 8]. */
export function toInput(digits: readonly Digit[]): Float32Array {
  const area = SIDE * SIDE
  const input = new Float32Array(digits.length * area)
  digits.forEach((digit, i) => {
    for (let pixel = 0; pixel < area; pixel++) input[i * area + pixel] = digit[pixel] / INK
  })
  return input
}
