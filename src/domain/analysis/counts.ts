/** Counters of one arm in one cell or slice. */
export interface ArmCounts {
  /** Logical requests that ended, a repeated one counted once. */
  readonly requests: number
  /** Those of them that were bad: 5xx, cut or aborted by the host, timed out. */
  readonly bad: number
  /** Per bucket of `durationBuckets.ts`; an empty array means that no duration was measured. */
  readonly durations: readonly number[]
}

/** Consecutive cells that are judged together. */
export interface Slice {
  /** Number of its last cell; slices that are not newer than the last judged one are ignored. */
  readonly n: number
  readonly fromMs: number
  readonly toMs: number
  readonly canary: ArmCounts
  readonly baseline: ArmCounts
  readonly stable: ArmCounts
  /** Hosts of the new build joined since the slice before: they are young, the line is wide for the start-up again. */
  readonly freshHosts?: boolean
}

export const noCounts: ArmCounts = { requests: 0, bad: 0, durations: [] }

/** The sum of two arms. */
export function addCounts(a: ArmCounts, b: ArmCounts): ArmCounts {
  return { requests: a.requests + b.requests, bad: a.bad + b.bad, durations: addDurations(a.durations, b.durations) }
}

/** The sum of two histograms, bucket by bucket; either may be empty. */
export function addDurations(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b
  if (b.length === 0) return a
  return a.map((count, bucket) => count + (b[bucket] ?? 0))
}

/** Number of measured durations. */
export function measured(durations: readonly number[]): number {
  let sum = 0
  for (const count of durations) sum += count
  return sum
}

/** Number of durations in buckets above `bucket`: slower than its upper edge. */
export function slowerThan(durations: readonly number[], bucket: number): number {
  let sum = 0
  for (let i = bucket + 1; i < durations.length; i += 1) sum += durations[i]!
  return sum
}
