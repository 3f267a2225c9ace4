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

test('the tolerated slow-down moves the threshold of the new build, by whole buckets and never too little', () => {
  const wider = (slower: number) => {
    const { bucket, slowBucket } = learnThreshold(durations, 0.9, slower)!
    return edgesMs[slowBucket]! / edgesMs[bucket]!
  }
  expect(wider(1)).toBe(1)
  for (const slower of [1.01, 1.04, 1.05, 1.1, 1.5]) {
    expect(wider(slower)).toBeGreaterThanOrEqual(slower * 0.9999)
    expect(wider(slower)).toBeLessThan(slower * 1.05)
  }
})

/** Durations between 20 and 60 ms with next to no tail: a slow-down of a tenth moves many of them over the quantile. */
function steep(times: number): readonly number[] {
  const counts = noDurations()
  for (let i = 0; i < 20_000; i += 1) counts[bucketOf((20 + (i % 400) / 10) * times)]! += 1
  return counts
}

test.each([
  [
    'a long tail',
    durations,
    drawArm(seeded(2), { rps: 4_000, bad: 0, slow: { share: 1, times: 1.1 } }, 5_000).durations,
  ],
  ['next to no tail', steep(1), steep(1.1)],
])('a build that is as slow as is tolerated crosses no more often than the control: %s', (_name, control, slowed) => {
  for (const quantile of [0.5, 0.9, 0.99]) {
    const { bucket, slowBucket } = learnThreshold(control, quantile, 1.1)!
    const shareOf = (counts: readonly number[], at: number) => slowerThan(counts, at) / measured(counts)
    expect(shareOf(slowed, slowBucket)).toBeLessThan(shareOf(control, bucket) * 1.05)
    // Twice as slow is beyond it everywhere.
    const twice = noDurations()
    control.forEach((count, at) => (twice[Math.min(at + 18, twice.length - 1)]! += count))
    expect(shareOf(twice, slowBucket)).toBeGreaterThan(shareOf(control, bucket) * 1.5)
  }
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
