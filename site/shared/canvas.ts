/** The 2D context of a canvas. */

/** The context to draw with and to read pixels from. Throws an Error that can be shown as it is. */
export function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const found = canvas.getContext('2d', { willReadFrequently: true })
  if (!found)
    throw new Error('This browser provided no 2D canvas. Close other tabs that draw, and reload the page.')
  return found
}
