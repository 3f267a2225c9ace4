import { expect, test } from 'vitest'
import fc from 'fast-check'
import { bucketCount, bucketOf, edgesMs, fromSparse, noDurations, toSparse } from './durationBuckets.ts'

test('edges reach from 1 ms to a minute in steps of at most 5 %', () => {
  expect(edgesMs[0]).toBe(1)
  expect(edgesMs.at(-1)!).toBeGreaterThan(60_000)
  expect(edgesMs.length + 1).toBe(bucketCount)
  for (let i = 1; i < edgesMs.length; i += 1) {
    expect(edgesMs[i]! / edgesMs[i - 1]!).toBeGreaterThan(1.039)
    expect(edgesMs[i]! / edgesMs[i - 1]!).toBeLessThan(1.05)
  }
})

test('a duration lies above the edge before its bucket and not above its own', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 200_000, noNaN: true }), (ms) => {
      const bucket = bucketOf(ms)
      if (bucket > 0) expect(ms).toBeGreaterThan(edgesMs[bucket - 1]!)
      if (bucket < edgesMs.length) expect(ms).toBeLessThanOrEqual(edgesMs[bucket]!)
      else expect(bucket).toBe(bucketCount - 1)
    }),
    { numRuns: 5_000, seed: 1 },
  )
})

test('each edge belongs to its own bucket, the next number above it to the next', () => {
  edgesMs.forEach((edge, i) => {
    expect(bucketOf(edge)).toBe(i)
    expect(bucketOf(edge * (1 + 1e-12))).toBe(i + 1)
  })
  expect(bucketOf(0)).toBe(0)
  expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(bucketCount - 1)
})

test('a duration that cannot be is refused', () => {
  expect(() => bucketOf(Number.NaN)).toThrow(/NaN ms/)
  expect(() => bucketOf(-1)).toThrow(/-1 ms/)
})

test('the wire form says the same', () => {
  const counts = noDurations()
  counts[3] = 2
  counts[bucketCount - 1] = 7
  expect(toSparse(counts)).toEqual([
    [3, 2],
    [bucketCount - 1, 7],
  ])
  expect(fromSparse(toSparse(counts))).toEqual(counts)
  expect(toSparse(new Uint32Array(counts))).toEqual(toSparse(counts))
})

test('a wire form that cannot be is refused', () => {
  expect(() => fromSparse([[bucketCount, 1]])).toThrow(/allowed: 0 to/)
  expect(() => fromSparse([[1.5, 1]])).toThrow(/bucket is 1.5/)
  expect(() => fromSparse([[1, -1]])).toThrow(/count of duration bucket 1 is -1/)
})
