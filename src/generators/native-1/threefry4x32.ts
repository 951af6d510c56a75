/**
 * Threefry4x32-20, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC11), section 3.2; rotations and key schedule as published with Random123.
 * GPU counterpart: threefry4x32.wgsl.
 */

const PARITY = 0x1bd11bda

/** The key and its parity word. */
export function expandKey([k0, k1, k2, k3]: ArrayLike<number> & Iterable<number>): Int32Array {
  return Int32Array.of(k0, k1, k2, k3, PARITY ^ k0 ^ k1 ^ k2 ^ k3)
}

/**
 * Maps a counter to four random words under a key. Typed arrays avoid the boxing of 32-bit numbers that browsers pass
 * between functions.
 *
 * @param counter four words
 * @param key what `expandKey` returned
 * @param out receives the four words
 */
export function encrypt(counter: Int32Array, key: Int32Array, out: Int32Array): void {
  const k0 = key[0]
  const k1 = key[1]
  const k2 = key[2]
  const k3 = key[3]
  const k4 = key[4]
  let x0 = (counter[0] + k0) | 0
  let x1 = (counter[1] + k1) | 0
  let x2 = (counter[2] + k2) | 0
  let x3 = (counter[3] + k3) | 0

  // rounds 0 to 3, then key injection 1
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 10) | (x1 >>> 22)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 26) | (x3 >>> 6)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 11) | (x3 >>> 21)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 21) | (x1 >>> 11)) ^ x2
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 27) | (x3 >>> 5)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 23) | (x3 >>> 9)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 5) | (x1 >>> 27)) ^ x2
  x0 = (x0 + k1) | 0
  x1 = (x1 + k2) | 0
  x2 = (x2 + k3) | 0
  x3 = (x3 + k4 + 1) | 0

  // rounds 4 to 7, then key injection 2
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 20) | (x3 >>> 12)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 17) | (x3 >>> 15)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 11) | (x1 >>> 21)) ^ x2
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 25) | (x1 >>> 7)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 10) | (x3 >>> 22)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 18) | (x3 >>> 14)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 20) | (x1 >>> 12)) ^ x2
  x0 = (x0 + k2) | 0
  x1 = (x1 + k3) | 0
  x2 = (x2 + k4) | 0
  x3 = (x3 + k0 + 2) | 0

  // rounds 8 to 11, then key injection 3
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 10) | (x1 >>> 22)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 26) | (x3 >>> 6)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 11) | (x3 >>> 21)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 21) | (x1 >>> 11)) ^ x2
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 27) | (x3 >>> 5)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 23) | (x3 >>> 9)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 5) | (x1 >>> 27)) ^ x2
  x0 = (x0 + k3) | 0
  x1 = (x1 + k4) | 0
  x2 = (x2 + k0) | 0
  x3 = (x3 + k1 + 3) | 0

  // rounds 12 to 15, then key injection 4
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 20) | (x3 >>> 12)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 17) | (x3 >>> 15)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 11) | (x1 >>> 21)) ^ x2
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 25) | (x1 >>> 7)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 10) | (x3 >>> 22)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 18) | (x3 >>> 14)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 20) | (x1 >>> 12)) ^ x2
  x0 = (x0 + k4) | 0
  x1 = (x1 + k0) | 0
  x2 = (x2 + k1) | 0
  x3 = (x3 + k2 + 4) | 0

  // rounds 16 to 19, then key injection 5
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 10) | (x1 >>> 22)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 26) | (x3 >>> 6)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 11) | (x3 >>> 21)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 21) | (x1 >>> 11)) ^ x2
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0
  x2 = (x2 + x3) | 0
  x3 = ((x3 << 27) | (x3 >>> 5)) ^ x2
  x0 = (x0 + x3) | 0
  x3 = ((x3 << 23) | (x3 >>> 9)) ^ x0
  x2 = (x2 + x1) | 0
  x1 = ((x1 << 5) | (x1 >>> 27)) ^ x2
  x0 = (x0 + k0) | 0
  x1 = (x1 + k1) | 0
  x2 = (x2 + k2) | 0
  x3 = (x3 + k3 + 5) | 0

  out[0] = x0
  out[1] = x1
  out[2] = x2
  out[3] = x3
}
