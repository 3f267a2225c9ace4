import { bucketCount, bucketGrowth, edgesMs } from './durationBuckets.ts'
import { measured, slowerThan } from './counts.ts'

/**
 * Where a latency metric cuts. A request of the control is slow when its bucket lies above `bucket`; one of the new build,
 * to which a slow-down is tolerated, when it lies above `slowBucket`.
 */
export interface Threshold {
  readonly bucket: number
  readonly slowBucket: number
  /** So many times as often as the second the control crossed the first when it was learned; 1 to 100. */
  readonly covers: number
  /** Share of the control's requests above its threshold when it was learned. */
  readonly above: number
}

/** So many of the control's requests must lie above the quantile before it is believed. */
const enoughAbove = 10
/** Beyond this nothing depends on it: no spread between hosts is so wide. */
const mostCovered = 100

/**
 * The threshold at the control's quantile, a bucket edge, and the one that the tolerated slow-down makes of it: a build
 * that is `slower` times as slow crosses the second no more often than the control crosses the first, whatever the shape
 * of the durations. Rounded up to whole buckets, so that no tolerated build is counted as worse.
 * @param slower tolerated slow-down, ≥ 1
 * @returns undefined while the histogram has too few requests, or none above any edge.
 */
export function learnThreshold(durations: readonly number[], quantile: number, slower: number): Threshold | undefined {
  const requests = measured(durations)
  const allowed = requests * (1 - quantile)
  if (allowed < enoughAbove * (1 - 1e-9)) return undefined
  let above = requests
  let bucket = 0
  for (; bucket < bucketCount - 1; bucket += 1) {
    above -= durations[bucket] ?? 0
    if (above <= allowed * (1 + 1e-9)) break
  }
  // A quantile inside one wide pile of equal durations leaves nothing above its edge: go back to where there is.
  while (above <= 0 && bucket > 0) {
    above += durations[bucket] ?? 0
    bucket -= 1
  }
  if (above <= 0 || above >= requests || bucket >= edgesMs.length) return undefined
  const wider = Math.ceil(Math.log(slower) / Math.log(bucketGrowth) - 1e-9)
  const slowBucket = Math.min(bucketCount - 2, bucket + wider)
  const millionths = (value: number): number => Math.round(value * 1e6) / 1e6
  const covers = Math.min(mostCovered, above / Math.max(1, slowerThan(durations, slowBucket)))
  return { bucket, slowBucket, covers: millionths(covers), above: millionths(above / requests) }
}

/** Number of requests slower than `ms`, between the edges of its bucket in proportion on the log scale. */
export function slowerThanMs(durations: readonly number[], ms: number): number {
  if (ms <= 0) return measured(durations)
  let bucket = 0
  while (bucket < edgesMs.length && edgesMs[bucket]! < ms) bucket += 1
  const beyond = slowerThan(durations, bucket)
  const inBucket = durations[bucket] ?? 0
  if (bucket >= edgesMs.length) return inBucket
  const upper = Math.log(edgesMs[bucket]!)
  const lower = bucket === 0 ? upper - Math.log(1.04) : Math.log(edgesMs[bucket - 1]!)
  const part = Math.min(1, Math.max(0, (upper - Math.log(ms)) / (upper - lower)))
  return beyond + inBucket * part
}
