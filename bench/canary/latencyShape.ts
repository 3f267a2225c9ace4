import { bucketCount, edgesMs } from '../../src/domain/analysis/durationBuckets.ts'
import type { Prng } from './prng.ts'

/**
 * Durations of the simulated service: 90 % log-normal around 40 ms, 8 % around 120 ms, 2 % a Pareto tail from 250 ms;
 * p50 44, p90 102, p99 431 ms.
 */
export function slowerShare(ms: number): number {
  if (ms <= 0) return 1
  const tail = ms <= 250 ? 1 : (250 / ms) ** 1.6
  return 0.9 * upperNormal(Math.log(ms / 40) / 0.5) + 0.08 * upperNormal(Math.log(ms / 120) / 0.6) + 0.02 * tail
}

/** P(Z > z), to 1e-7 (Abramowitz and Stegun 26.2.17). */
export function upperNormal(z: number): number {
  if (z < 0) return 1 - upperNormal(-z)
  const t = 1 / (1 + 0.231_641_9 * z)
  const poly =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly
}

export interface SlowDown {
  /** Every request takes so many times as long. */
  readonly all: number
  /** Requests in the slowest tenth take so many times as long on top. */
  readonly tail: number
}

const p90Ms = 102

/** Share of requests slower than `ms` once slowed down. */
export function slowedShare(ms: number, slow: SlowDown): number {
  const base = ms / slow.all
  if (base <= p90Ms || slow.tail === 1) return slowerShare(base)
  return slowerShare(Math.max(p90Ms, base / slow.tail))
}

/** Cumulative shares at each edge, for drawing. */
export function cumulative(slow: SlowDown): Float64Array {
  const shares = new Float64Array(bucketCount)
  for (let i = 0; i < edgesMs.length; i += 1) shares[i] = 1 - slowedShare(edgesMs[i]!, slow)
  shares[bucketCount - 1] = 1
  return shares
}

/** A histogram of `n` requests: one by one where they are few, bucket by bucket where they are many. */
export function drawDurations(prng: Prng, n: number, below: Float64Array): number[] {
  const counts = new Array<number>(bucketCount).fill(0)
  if (n < 200) {
    for (let i = 0; i < n; i += 1) {
      const u = prng.uniform()
      let low = 0
      let high = bucketCount - 1
      while (low < high) {
        const mid = (low + high) >> 1
        if (below[mid]! > u) high = mid
        else low = mid + 1
      }
      counts[low]! += 1
    }
    return counts
  }
  let left = n
  let before = 0
  for (let i = 0; i < bucketCount && left > 0; i += 1) {
    const share = below[i]! - before
    const of = 1 - before
    const drawn = share >= of ? left : prng.binomial(left, Math.max(0, share / of))
    counts[i] = drawn
    left -= drawn
    before = below[i]!
  }
  return counts
}
