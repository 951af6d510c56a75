/** The sheet to draw on, with mouse, finger or pen: strokes in units of the sheet, whose side is 1. */

import { context } from '../shared/canvas.js'
import { drawStrokes, type Point, type Stroke } from './strokes.js'

/** Side of the sheet in canvas pixels, finer than screens show it, so that lines stay smooth. */
const PIXELS = 640
const PEN = 0.085

export interface Sheet {
  /** Removes all strokes. */
  clear(): void
  /** Draws the strokes again, on a canvas that the browser has emptied. */
  redraw(): void
}

interface Listener {
  /** Called with all strokes whenever one grows. */
  onChange(strokes: readonly Stroke[]): void
  /** Called when a stroke has ended. */
  onEnd(): void
}

/** Lets the user draw on `canvas`. */
export function createSheet(canvas: HTMLCanvasElement, { onChange, onEnd }: Listener): Sheet {
  const strokes: Point[][] = []
  canvas.width = PIXELS
  canvas.height = PIXELS

  const at = (event: PointerEvent): Point => {
    const { left, top, width, height } = canvas.getBoundingClientRect()
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height }
  }
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.isPrimary) return
    canvas.setPointerCapture(event.pointerId) // a stroke may leave the sheet and come back
    strokes.push([at(event)])
    redraw(canvas, strokes)
    onChange(strokes)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return
    const fine = event.getCoalescedEvents?.() ?? [] // Safari before 18.2 has none
    strokes.at(-1)?.push(...(fine.length > 0 ? fine : [event]).map(at))
    redraw(canvas, strokes)
    onChange(strokes)
  })
  canvas.addEventListener('lostpointercapture', onEnd)
  return {
    redraw: () => redraw(canvas, strokes),
    clear() {
      strokes.length = 0
      redraw(canvas, strokes)
    },
  }
}

function redraw(canvas: HTMLCanvasElement, strokes: readonly Stroke[]): void {
  const pen = context(canvas)
  pen.fillStyle = 'white'
  pen.fillRect(0, 0, PIXELS, PIXELS)
  drawStrokes(pen, strokes, PEN * PIXELS, ({ x, y }) => ({ x: x * PIXELS, y: y * PIXELS }))
}
