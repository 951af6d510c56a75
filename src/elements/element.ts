/** What the rest of the library knows of an element type. A dropout carries it, so that nothing else names one. */

export interface ElementType {
  readonly name: ElementName
  /** Bytes of an element. */
  readonly bytes: number
  /** The typed array that holds a tensor. */
  readonly array: typeof Float32Array
  /** Bit pattern of the smallest normal magnitude: what lies below is flushed to a signed zero. */
  readonly smallestNormal: number
  /** Bit pattern of the largest magnitude whose product with `scale` is finite. */
  largestFor(scale: number): number
}

export type ElementName = 'float32'

/** A tensor's values, in memory of any kind. */
export type Values<Memory extends ArrayBufferLike = ArrayBufferLike> = Float32Array<Memory>

/** Bytes that a tensor of `count` elements takes in a buffer. */
export function tensorBytes({ bytes }: ElementType, count: number): number {
  return count * bytes
}
