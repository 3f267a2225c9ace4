const longestCompared = 64
/** A hint is not worth more: so many words are compared with so many others. */
const mostCompared = 300

/**
 * Number of single-character edits (insert, delete, replace, swap of neighbours) between two words: the optimal string
 * alignment distance.
 */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(rows, i - 1, j - 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, at(rows, i - 2, j - 2) + 1)
      row.push(best)
    }
    rows.push(row)
  }
  return at(rows, a.length, b.length)
}

/** The candidate that was most likely meant by `word`; undefined when none is close enough to be a slip of the pen. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestCompared) return undefined
  const small = word.toLowerCase()
  let found: string | undefined
  let least = Math.max(1, Math.min(3, Math.floor(word.length / 2))) + 1
  let compared = 0
  for (const candidate of candidates) {
    if (++compared > mostCompared) break
    if (Math.abs(candidate.length - word.length) > 3) continue
    const distance = editDistance(small, candidate.toLowerCase())
    if (distance < least) {
      least = distance
      found = candidate
    }
  }
  return found
}

function at(rows: readonly (readonly number[])[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0
}
