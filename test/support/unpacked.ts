/** The flags of a packed mask, for tests: its own few lines, since unpackMask is under test itself. */
export function unpacked(words: Uint32Array, cells: number): Uint8Array {
  const flags = new Uint8Array(cells)
  for (let cell = 0; cell < cells; cell++) flags[cell] = (words[cell >>> 5] >>> (cell & 31)) & 1
  return flags
}
