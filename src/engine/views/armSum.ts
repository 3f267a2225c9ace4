import { edgesMs } from '../../domain/analysis/durationBuckets.ts'
import type { SparseCounts } from '../../domain/rollout/judge.ts'
import type { SliceArmDocument } from '../api.ts'

/** Requests of some seconds, summed. */
export interface ArmSum {
  requests: number
  bad: number
  /** Bucket → count. */
  readonly durations: Map<number, number>
}

export function emptySum(): ArmSum {
  return { requests: 0, bad: 0, durations: new Map() }
}

export function addToSum(sum: ArmSum, { requests, bad, durations }: SparseCounts): void {
  sum.requests += requests
  sum.bad += bad
  for (const [bucket, count] of durations) sum.durations.set(bucket, (sum.durations.get(bucket) ?? 0) + count)
}

/** What people read of a sum: counts, and the quantiles of its durations. */
export function armDocument({ requests, bad, durations }: ArmSum): SliceArmDocument {
  const buckets = [...durations].toSorted(([a], [b]) => a - b)
  const total = buckets.reduce((all, [, count]) => all + count, 0)
  return {
    requests,
    bad,
    p50: quantile(buckets, total, 0.5),
    p90: quantile(buckets, total, 0.9),
    p99: quantile(buckets, total, 0.99),
  }
}

/** Upper edge of the bucket that holds the quantile, ms: at most 4 % too high. The open last bucket counts as its lower edge. */
function quantile(buckets: readonly (readonly [number, number])[], total: number, fraction: number): number | null {
  let left = fraction * total
  for (const [bucket, count] of buckets) {
    left -= count
    if (left <= 0) return edgesMs[bucket] ?? edgesMs.at(-1) ?? null
  }
  return null
}
