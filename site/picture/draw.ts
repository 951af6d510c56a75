/** Draws tensors on canvases: a picture as it is, a batch as a sheet of copies with gaps between them. */

import { context } from '../shared/canvas.js'
import { GAP, type Sheet } from './picture.js'

/** The widest a picture is drawn; a small one is enlarged to it by a whole factor, so that its pixels stay square. */
const FRAME = 384

/**
 * Draws values laid out like `sheet` (they may be its own, a result or spread mask flags).
 * A value times `gain` of 1 is full brightness; what is above is clipped, as any display does.
 */
export function drawSheet(
  canvas: HTMLCanvasElement,
  { layout, width, height }: Sheet,
  values: Float32Array | Uint8Array,
  gain: number,
): void {
  const side = Math.sqrt(layout.copies)
  const area = width * height
  canvas.width = side * width + (side - 1) * GAP
  canvas.height = side * height + (side - 1) * GAP
  const zoom = Math.max(1, Math.floor(FRAME / Math.max(canvas.width, canvas.height)))
  canvas.style.width = `${canvas.width * zoom}px`
  const pen = context(canvas)
  const image = pen.createImageData(width, height)
  for (let n = 0; n < layout.copies; n++) {
    for (let pixel = 0; pixel < area; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const at =
          layout.channels === 'last' ? (n * area + pixel) * 3 + channel : (n * 3 + channel) * area + pixel
        image.data[pixel * 4 + channel] = values[at] * gain * 255 // rounded and clamped by the array
      }
      image.data[pixel * 4 + 3] = 255
    }
    pen.putImageData(image, (n % side) * (width + GAP), Math.floor(n / side) * (height + GAP))
  }
}

/** The height of the frame that holds a picture, for a frame of width 384: never so flat that the page jumps. */
export function frameHeight(picture: { width: number; height: number }): number {
  const zoom = Math.max(1, Math.floor(FRAME / Math.max(picture.width, picture.height)))
  return Math.max(picture.height * zoom, FRAME / 2)
}
