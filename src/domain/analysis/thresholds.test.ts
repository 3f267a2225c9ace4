import { expect, test } from 'vitest'
import { measured, slowerThan } from './counts.ts'
import { bucketOf, edgesMs, noDurations } from './durationBuckets.ts'
import { drawArm, seeded } from './simulated.fixture.ts'
import { learnThreshold, slowerThanMs } from './thresholds.ts'

const { durations } = drawArm(seeded(1), { rps: 4_000, bad: 0 }, 5_000)

test('the threshold is the bucket edge at the quantile', () => {
  for (const quantile of [0.5, 0.9, 0.99]) {
    const threshold = learnThreshold(durations, quantile, 1.05)!
    const above = slowerThan(durations, threshold.bucket) / measured(durations)
    expect(above).toBeLessThanOrEqual(1 - quantile)
    expect(above).toBeGreaterThan((1 - quantile) * 0.6)
    expect(threshold.above).toBeCloseTo(above, 6)
  }
  expect(edgesMs[learnThreshold(durations, 0.5, 1.05)!.bucket]).toBeCloseTo(40, -1)
})

test('the tolerated slow-down becomes more bad requests, the more the steeper the histogram is there', () => {
  const rho = (quantile: number, slower: number) => learnThreshold(durations, quantile, slower)!.rho
  expect(rho(0.5, 1)).toBe(1)
  expect(rho(0.5, 1.05)).toBeGreaterThan(1.05)
  expect(rho(0.9, 1.05)).toBeGreaterThan(rho(0.5, 1.05))
  expect(rho(0.99, 1.1)).toBeGreaterThan(rho(0.99, 1.05))
})

test('a slowed service lies on the line that its slow-down is translated to', () => {
  const { durations: slowed } = drawArm(seeded(2), { rps: 4_000, bad: 0, slow: { share: 1, times: 1.1 } }, 5_000)
  const threshold = learnThreshold(durations, 0.9, 1.1)!
  const share = slowerThan(slowed, threshold.bucket) / measured(slowed)
  expect(share / threshold.above).toBeGreaterThan(threshold.rho * 0.93)
  expect(share / threshold.above).toBeLessThan(threshold.rho * 1.07)
})

test('too few requests teach nothing, enough do', () => {
  const few = drawArm(seeded(1), { rps: 180, bad: 0 }, 5_000).durations
  expect(learnThreshold(few, 0.99, 1.1)).toBeUndefined()
  expect(learnThreshold(few, 0.9, 1.05)).toBeDefined()
  expect(learnThreshold([], 0.5, 1.05)).toBeUndefined()
})

test('a pile of equal durations still leaves some above the threshold, one single pile gives none', () => {
  const piles = noDurations()
  piles[bucketOf(30)] = 500
  piles[bucketOf(40)] = 500
  const threshold = learnThreshold(piles, 0.99, 1.1)!
  expect(slowerThan(piles, threshold.bucket)).toBe(500)
  const single = noDurations()
  single[bucketOf(40)] = 2_000
  expect(learnThreshold(single, 0.9, 1.05)).toBeUndefined()
})

test('between edges the share falls in proportion', () => {
  const counts = noDurations()
  counts[100] = 10
  expect(slowerThanMs(counts, edgesMs[99]!)).toBe(10)
  expect(slowerThanMs(counts, edgesMs[100]!)).toBe(0)
  expect(slowerThanMs(counts, Math.sqrt(edgesMs[99]! * edgesMs[100]!))).toBeCloseTo(5, 6)
})
