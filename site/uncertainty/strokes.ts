/** What a person draws: lines through the points where the pen was. */

export interface Point {
  x: number
  y: number
}

export type Stroke = readonly Point[]

/** Draws strokes with a round pen, each point moved to where `place` says. */
export function drawStrokes(
  pen: CanvasRenderingContext2D,
  strokes: readonly Stroke[],
  width: number,
  place: (point: Point) => Point,
): void {
  pen.lineWidth = width
  pen.lineCap = 'round'
  pen.lineJoin = 'round'
  for (const stroke of strokes) {
    pen.beginPath()
    for (const point of stroke) {
      const { x, y } = place(point)
      if (stroke.length === 1) pen.moveTo(x - 0.01, y) // a line without a length leaves no dot
      pen.lineTo(x, y)
    }
    pen.stroke()
  }
}
