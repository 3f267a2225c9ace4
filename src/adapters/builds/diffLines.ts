/** Work is bounded: beyond this many edits two texts count as rewritten. */
const maxEdits = 1_000
const contextLines = 3

interface Edit {
  readonly sign: ' ' | '-' | '+'
  readonly line: string
}

/** A unified diff of two texts without its file names, or undefined when they differ in more than 1,000 lines. */
export function diffLines(before: string, after: string): string | undefined {
  const edits = findEdits(toLines(before), toLines(after))
  return edits === undefined ? undefined : formatHunks(edits)
}

function toLines(text: string): readonly string[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') return lines.slice(0, -1)
  return [...lines.slice(0, -1), `${lines.at(-1)}\n\\ No newline at end of file`]
}

/** The shortest way from `a` to `b`: Myers, "An O(ND) difference algorithm and its variations", 1986. */
function findEdits(a: readonly string[], b: readonly string[]): readonly Edit[] | undefined {
  const reached = new Map<number, number>([[1, 0]])
  const trail: Map<number, number>[] = []
  for (let d = 0; d <= Math.min(maxEdits, a.length + b.length); d++) {
    trail.push(new Map(reached))
    for (let k = -d; k <= d; k += 2) {
      let x =
        k === -d || (k !== d && at(reached, k - 1) < at(reached, k + 1)) ? at(reached, k + 1) : at(reached, k - 1) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      reached.set(k, x)
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trail)
    }
  }
  return undefined
}

function walkBack(a: readonly string[], b: readonly string[], trail: readonly Map<number, number>[]): readonly Edit[] {
  const edits: Edit[] = []
  let [x, y] = [a.length, b.length]
  for (let d = trail.length - 1; d >= 0; d--) {
    const reached = trail[d] ?? new Map<number, number>()
    const k = x - y
    const previous = k === -d || (k !== d && at(reached, k - 1) < at(reached, k + 1)) ? k + 1 : k - 1
    const fromX = at(reached, previous)
    const fromY = fromX - previous
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      edits.push({ sign: ' ', line: a[--x] ?? '' })
      y--
    }
    if (d === 0) break
    if (x === fromX) edits.push({ sign: '+', line: b[--y] ?? '' })
    else edits.push({ sign: '-', line: a[--x] ?? '' })
  }
  return edits.reverse()
}

function at(reached: ReadonlyMap<number, number>, k: number): number {
  return reached.get(k) ?? -1
}

function formatHunks(edits: readonly Edit[]): string {
  const isNear = new Set<number>()
  for (const [index, { sign }] of edits.entries()) {
    if (sign === ' ') continue
    for (let near = index - contextLines; near <= index + contextLines; near++) isNear.add(near)
  }
  const hunks: string[] = []
  let [lineA, lineB] = [1, 1]
  for (let index = 0; index < edits.length; ) {
    const end = endOfHunk(edits, isNear, index)
    const hunk = edits.slice(index, end)
    const [inA, inB] = [hunk.filter(({ sign }) => sign !== '+').length, hunk.filter(({ sign }) => sign !== '-').length]
    if (isNear.has(index)) {
      hunks.push(
        `@@ -${formatRange(lineA, inA)} +${formatRange(lineB, inB)} @@\n${hunk.map(({ sign, line }) => `${sign}${line}\n`).join('')}`,
      )
    }
    lineA += inA
    lineB += inB
    index = end
  }
  return hunks.join('')
}

/** Where the lines that are shown together, or left out together, end. */
function endOfHunk(edits: readonly Edit[], isNear: ReadonlySet<number>, start: number): number {
  let end = start
  while (end < edits.length && isNear.has(end) === isNear.has(start)) end++
  return end
}

function formatRange(start: number, count: number): string {
  return `${count === 0 ? start - 1 : start},${count}`
}
