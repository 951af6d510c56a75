/** AssemblyScript, compiled to WebAssembly: spreads the flags of noise cells over the elements that share them. */

/** An axis in memory: its size, its stride in noise cells (0 where the axis is broadcast), and a counter. */
const AXIS_BYTES: usize = 12

/**
 * Writes one flag per element, packed like a mask, row-major from the first element of a window.
 *
 * @param axes address of the axes, innermost first
 * @param count how many axes
 * @param words address of the packed flags of the cells; eight bytes past the last are read
 * @param cell the cell of the first element
 * @param out receives the flags
 * @param elements how many: the product of the sizes
 */
export function spreadFlags(
  axes: usize,
  count: i32,
  words: usize,
  cell: i32,
  out: usize,
  elements: i32,
): void {
  const size = load<i32>(axes)
  const drawn = load<i32>(axes, 4) !== 0
  const end = axes + AXIS_BYTES * count
  let pending: u64 = 0 // the flags of the next word, `held` of them
  let held = 0
  for (let row = 0; row < elements; row += size) {
    if (drawn) {
      for (let at = 0; at < size; at += 32) {
        const taken = min(32, size - at)
        pending |= lowest(flagsFrom(words, cell + at), taken) << held
        held += taken
        if (held < 32) continue
        store<u32>(out, pending as u32)
        out += 4
        pending >>= 32
        held -= 32
      }
    } else {
      const flags: u64 = 0 - lowest(flagsFrom(words, cell), 1)
      let left = size
      if (held + left >= 32) {
        store<u32>(out, (pending | (flags << held)) as u32)
        out += 4
        left -= 32 - held
        const whole = (left >> 5) << 2
        memory.fill(out, flags as u8, whole)
        out += whole
        left &= 31
        pending = 0
        held = 0
      }
      pending |= lowest(flags, left) << held
      held += left
    }
    // the next row's first cell: like an odometer
    for (let axis = axes + AXIS_BYTES; axis < end; axis += AXIS_BYTES) {
      const index = load<i32>(axis, 8) + 1
      const stride = load<i32>(axis, 4)
      cell += stride
      if (index < load<i32>(axis)) {
        store<i32>(axis, index, 8)
        break
      }
      cell -= stride * index
      store<i32>(axis, 0, 8)
    }
  }
  store<u32>(out, pending as u32)
}

function lowest(flags: u64, count: i32): u64 {
  return flags & (((1 as u64) << count) - 1)
}

/** At least the next 32 flags, the first in the lowest bit. */
function flagsFrom(words: usize, cell: i32): u64 {
  return load<u64>(words + (((cell >> 5) as usize) << 2)) >> (cell & 31)
}
