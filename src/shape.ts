/** Arithmetic on shapes. */

/** The number of elements of a shape; 1 for rank 0. */
export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1)
}
