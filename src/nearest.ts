/** Finds the name that a misspelt one stands for. */

/** The known name nearest to a wrong one; case, `_` and `-` do not count. Undefined if none is near. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  const given = plain(wrong)
  let best: string | undefined
  let least = Infinity
  for (const name of known) {
    const wanted = plain(name)
    const most = Math.floor(Math.max(given.length, wanted.length) / 3)
    if (Math.abs(given.length - wanted.length) > most) continue
    const distance = edits(given, wanted)
    if (distance > most || distance >= least) continue
    best = name
    least = distance
  }
  return best
}

function plain(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase()
}

/** How many letters must be added, removed, replaced or swapped with the next: the optimal string alignment distance. */
function edits(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => i + j),
  )
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = table[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      table[i][j] = Math.min(
        table[i - 1][j] + 1,
        table[i][j - 1] + 1,
        replaced,
        swapped ? table[i - 2][j - 2] + 1 : Infinity,
      )
    }
  }
  return table[a.length][b.length]
}
