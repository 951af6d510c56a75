/** What the rest of the library knows of an element type. A dropout carries it, so that nothing else names one. */

export interface ElementType {
  readonly name: ElementName
  /** Bytes of an element. */
  readonly bytes: number
}

export type ElementName = 'float32'
