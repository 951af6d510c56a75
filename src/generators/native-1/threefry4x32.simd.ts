/**
 * Threefry4x32-20 on four counters at once: lane i of every vector belongs to counter i. AssemblyScript, compiled to
 * WebAssembly. Scalar counterpart, with the sources of the constants: threefry4x32.ts.
 */

/** Bytes of an expanded key: the words of six key injections, each in all four lanes. */
export const SCHEDULE_BYTES: i32 = 6 * 64

const PARITY: i32 = 0x1bd11bda

/** Expands the four words at `key`: injection r adds key words r to r + 3 (modulo five), and r to the last. */
export function expandKey(key: usize, schedule: usize): void {
  const parity = load<i32>(key) ^ load<i32>(key, 4) ^ load<i32>(key, 8) ^ load<i32>(key, 12) ^ PARITY
  for (let injection = 0; injection < 6; injection++) {
    for (let word = 0; word < 4; word++) {
      const index = (injection + word) % 5
      const value = index === 4 ? parity : load<i32>(key + 4 * index)
      v128.store(schedule, i32x4.splat(word === 3 ? value + injection : value))
      schedule += 16
    }
  }
}

function rotate(x: v128, left: i32): v128 {
  return v128.or(i32x4.shl(x, left), i32x4.shr_u(x, 32 - left))
}

/** Encrypts four counters of words x0 to x3 and stores the four vectors of words at `out`. */
export function encrypt(schedule: usize, x0: v128, x1: v128, x2: v128, x3: v128, out: usize): void {
  x0 = i32x4.add(x0, v128.load(schedule))
  x1 = i32x4.add(x1, v128.load(schedule, 16))
  x2 = i32x4.add(x2, v128.load(schedule, 32))
  x3 = i32x4.add(x3, v128.load(schedule, 48))

  // rounds 0 to 3, then key injection 1
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 10), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 26), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 11), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 21), x2)
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 13), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 27), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 23), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 5), x2)
  x0 = i32x4.add(x0, v128.load(schedule, 64))
  x1 = i32x4.add(x1, v128.load(schedule, 80))
  x2 = i32x4.add(x2, v128.load(schedule, 96))
  x3 = i32x4.add(x3, v128.load(schedule, 112))

  // rounds 4 to 7, then key injection 2
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 6), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 20), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 17), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 11), x2)
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 25), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 10), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 18), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 20), x2)
  x0 = i32x4.add(x0, v128.load(schedule, 128))
  x1 = i32x4.add(x1, v128.load(schedule, 144))
  x2 = i32x4.add(x2, v128.load(schedule, 160))
  x3 = i32x4.add(x3, v128.load(schedule, 176))

  // rounds 8 to 11, then key injection 3
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 10), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 26), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 11), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 21), x2)
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 13), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 27), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 23), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 5), x2)
  x0 = i32x4.add(x0, v128.load(schedule, 192))
  x1 = i32x4.add(x1, v128.load(schedule, 208))
  x2 = i32x4.add(x2, v128.load(schedule, 224))
  x3 = i32x4.add(x3, v128.load(schedule, 240))

  // rounds 12 to 15, then key injection 4
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 6), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 20), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 17), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 11), x2)
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 25), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 10), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 18), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 20), x2)
  x0 = i32x4.add(x0, v128.load(schedule, 256))
  x1 = i32x4.add(x1, v128.load(schedule, 272))
  x2 = i32x4.add(x2, v128.load(schedule, 288))
  x3 = i32x4.add(x3, v128.load(schedule, 304))

  // rounds 16 to 19, then key injection 5
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 10), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 26), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 11), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 21), x2)
  x0 = i32x4.add(x0, x1)
  x1 = v128.xor(rotate(x1, 13), x0)
  x2 = i32x4.add(x2, x3)
  x3 = v128.xor(rotate(x3, 27), x2)
  x0 = i32x4.add(x0, x3)
  x3 = v128.xor(rotate(x3, 23), x0)
  x2 = i32x4.add(x2, x1)
  x1 = v128.xor(rotate(x1, 5), x2)
  x0 = i32x4.add(x0, v128.load(schedule, 320))
  x1 = i32x4.add(x1, v128.load(schedule, 336))
  x2 = i32x4.add(x2, v128.load(schedule, 352))
  x3 = i32x4.add(x3, v128.load(schedule, 368))

  v128.store(out, x0)
  v128.store(out, x1, 16)
  v128.store(out, x2, 32)
  v128.store(out, x3, 48)
}
