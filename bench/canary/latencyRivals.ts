import { addDurations, measured, slowerThan } from '../../src/domain/analysis/counts.ts'
import { bucketCount, bucketOf, edgesMs } from '../../src/domain/analysis/durationBuckets.ts'
import { isHigh } from './kayenta.ts'
import { slowerShare } from './latencyShape.ts'
import { sliceSeconds, type LatencySlice } from './latencyTraffic.ts'

/** The second at which a method rolls back, or Infinity. */
export type LatencyRival = (slices: readonly LatencySlice[]) => number

const never = Number.POSITIVE_INFINITY
const alpha = 0.01

/** Radius of the time-uniform band (arXiv 2205.14762, with the constant of Howard and Ramdas). */
function radius(n: number): number {
  return 0.85 * Math.sqrt((Math.log(Math.log(Math.E * n)) + 0.8 * Math.log(1_612 / (alpha / 2))) / n)
}

/** Netflix: the canary is stochastically slower than the control by more than both bands. */
function dkw(slower: number, startUpSeconds: number): LatencyRival {
  const shift = Math.round(Math.log(slower) / Math.log(1.04))
  return (slices) => {
    let canary: readonly number[] = []
    let control: readonly number[] = []
    for (const [i, slice] of slices.entries()) {
      if (i * sliceSeconds < startUpSeconds) continue
      canary = addDurations(canary, slice.canary.durations)
      control = addDurations(control, addDurations(slice.baseline.durations, slice.stable.durations))
      const nc = measured(canary)
      const nb = measured(control)
      if (nc === 0 || nb === 0) continue
      const bands = radius(nc) + radius(nb)
      let ofCanary = 0
      let ofControl = 0
      for (let bucket = 0; bucket < bucketCount; bucket += 1) {
        ofCanary += canary[bucket]!
        const slowed = bucket - shift
        ofControl += slowed >= 0 ? control[slowed]! : 0
        if (ofControl / nb - ofCanary / nc > bands) return (i + 1) * sliceSeconds
      }
    }
    return never
  }
}

export const netflixDkw: LatencyRival = dkw(1, 0)
export const netflixDkwTolerant: LatencyRival = dkw(1.1, 180)

interface Minute {
  readonly canary: readonly number[]
  readonly baseline: readonly number[]
}

function minutesOf(slices: readonly LatencySlice[]): Minute[] {
  const perMinute = 60 / sliceSeconds
  const minutes: Minute[] = []
  for (let i = 0; i + perMinute <= slices.length; i += perMinute) {
    let canary: readonly number[] = []
    let baseline: readonly number[] = []
    for (const slice of slices.slice(i, i + perMinute)) {
      canary = addDurations(canary, slice.canary.durations)
      baseline = addDurations(baseline, slice.baseline.durations)
    }
    minutes.push({ canary, baseline })
  }
  return minutes
}

function quantileOf(durations: readonly number[], p: number): number | undefined {
  const all = measured(durations)
  if (all === 0) return undefined
  let left = p * all
  for (let bucket = 0; bucket < edgesMs.length; bucket += 1) {
    left -= durations[bucket]!
    if (left <= 0) return edgesMs[bucket]!
  }
  return edgesMs.at(-1)!
}

/** Kayenta on the p50 and p99 of each minute, canary against baseline, judged every 10 minutes. */
export const kayenta: LatencyRival = (slices) => {
  const minutes = minutesOf(slices)
  for (let end = 10; end <= minutes.length; end += 10) {
    for (const p of [0.5, 0.99]) {
      const points = (arm: keyof Minute): number[] =>
        minutes.slice(0, end).flatMap((minute) => quantileOf(minute[arm], p) ?? [])
      if (isHigh(points('canary'), points('baseline'))) return end * 60
    }
  }
  return never
}

function usualQuantile(p: number): number {
  let low = 1
  let high = 60_000
  for (let i = 0; i < 60; i += 1) {
    const mid = (low + high) / 2
    if (slowerShare(mid) > 1 - p) low = mid
    else high = mid
  }
  return low
}

/** Argo with absolute limits of 1.5 x the usual p99 and 1.2 x the usual p50, each minute, failure limit 3. */
export const argo: LatencyRival = (slices) => {
  const limits = [
    [0.99, 1.5 * usualQuantile(0.99)],
    [0.5, 1.2 * usualQuantile(0.5)],
  ] as const
  let failed = 0
  for (const [i, minute] of minutesOf(slices).entries()) {
    if (limits.some(([p, limit]) => (quantileOf(minute.canary, p) ?? 0) > limit)) failed += 1
    if (failed > 3) return (i + 1) * 60
  }
  return never
}

/** Flagger as documented: p99 of the minute below 500 ms, threshold 5, no value is a failed check. */
export const flagger: LatencyRival = (slices) => {
  let failed = 0
  const limit = bucketOf(500)
  for (const [i, minute] of minutesOf(slices).entries()) {
    const all = measured(minute.canary)
    if (all === 0 || slowerThan(minute.canary, limit) / all > 0.01) failed += 1
    if (failed >= 5) return (i + 2) * 60
  }
  return never
}
