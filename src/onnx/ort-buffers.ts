/** Buffers that ONNX Runtime Web reads. */

/** Its shaders read vectors of four, so buffer sizes must be multiples of 16 bytes. */
const UNIT = 16

/** The size of a buffer for so many bytes. */
export function ortBufferSize(bytes: number): number {
  return Math.ceil(bytes / UNIT) * UNIT
}
