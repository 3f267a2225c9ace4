import { edgesMs } from '../../domain/analysis/durationBuckets.ts'
import type { Second, SparseCounts } from '../../domain/rollout/judge.ts'
import type { SliceArmDocument, SliceDocument } from '../api.ts'
import { iso } from './promotionDocument.ts'

type ArmName = 'canary' | 'baseline' | 'stable'

interface Sum {
  requests: number
  bad: number
  /** Bucket → count. */
  readonly durations: Map<number, number>
}

interface Open {
  readonly index: number
  n: number
  step: number
  readonly arms: Readonly<Record<ArmName, Sum>>
}

/**
 * Seconds, oldest first, summed into slices on multiples of `sliceMs` of the clock.
 *
 * @param isWhole nothing comes any more: the last slice is given although it may not be full. Else it is left out, so
 *   that whoever goes on after it gets it whole.
 */
export function sliceSeconds(seconds: readonly Second[], sliceMs: number, isWhole: boolean): readonly SliceDocument[] {
  const slices: Open[] = []
  for (const second of seconds) {
    // The middle of a second: its edges may lie a millisecond beyond those of a slice.
    const index = Math.floor((second.toMs - 500) / sliceMs)
    let open = slices.at(-1)
    if (open === undefined || index > open.index) {
      open = {
        index,
        n: second.n,
        step: second.step,
        arms: { canary: nothing(), baseline: nothing(), stable: nothing() },
      }
      slices.push(open)
    }
    open.n = Math.max(open.n, second.n)
    open.step = second.step
    for (const name of ['canary', 'baseline', 'stable'] as const) add(open.arms[name], second.arms[name])
  }
  return (isWhole ? slices : slices.slice(0, -1)).map(({ index, n, step, arms }) => ({
    at: iso(index * sliceMs),
    n,
    step,
    canary: armDocument(arms.canary),
    baseline: armDocument(arms.baseline),
    stable: armDocument(arms.stable),
  }))
}

function nothing(): Sum {
  return { requests: 0, bad: 0, durations: new Map() }
}

function add(sum: Sum, { requests, bad, durations }: SparseCounts): void {
  sum.requests += requests
  sum.bad += bad
  for (const [bucket, count] of durations) sum.durations.set(bucket, (sum.durations.get(bucket) ?? 0) + count)
}

function armDocument({ requests, bad, durations }: Sum): SliceArmDocument {
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
