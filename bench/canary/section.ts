/** One row of the benchmark: what it prints, and which limits it broke. */
export interface Section {
  readonly id: string
  readonly title: string
  readonly run: (runs: RunCounts) => SectionResult
}

export interface SectionResult {
  readonly text: string
  readonly violations: readonly string[]
}

/** How many runs a cell gets: `of(400)` is 400 in the full benchmark and fewer in a shorter one. */
export interface RunCounts {
  readonly of: (full: number) => number
}
