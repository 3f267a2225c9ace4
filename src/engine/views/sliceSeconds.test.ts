import { expect, test } from 'vitest'
import { bucketOf, edgesMs } from '../../domain/analysis/durationBuckets.ts'
import type { Second, SparseCounts } from '../../domain/rollout/judge.ts'
import { sliceSeconds } from './sliceSeconds.ts'

const none: SparseCounts = { requests: 0, bad: 0, durations: [] }
const begin = Date.parse('2026-01-01T00:00:00.000Z')

function second(at: number, canary: Partial<SparseCounts> = {}, step = 0): Second {
  const fromMs = begin + at * 1_000
  return {
    n: 100 + at,
    gateway: 'g1',
    fromMs,
    toMs: fromMs + 1_000,
    step,
    regime: 'canary',
    arms: { canary: { ...none, ...canary }, baseline: none, stable: none },
  }
}

test('seconds become slices on multiples of the clock, with the number to go on from', () => {
  const seconds = [second(3, { requests: 2 }), second(4, { requests: 3, bad: 1 }), second(5, { requests: 7 }, 1)]
  const slices = sliceSeconds(seconds, 5_000, true)
  expect(slices.map(({ at, n, step, canary }) => [at, n, step, canary.requests, canary.bad])).toEqual([
    ['2026-01-01T00:00:00.000Z', 104, 0, 5, 1],
    ['2026-01-01T00:00:05.000Z', 105, 1, 7, 0],
  ])
})

test('a slice that is not full is left out while more comes, and given at the end', () => {
  const seconds = [second(0, { requests: 1 }), second(5, { requests: 1 })]
  expect(sliceSeconds(seconds, 5_000, false)).toHaveLength(1)
  expect(sliceSeconds(seconds, 5_000, true)).toHaveLength(2)
})

test('whoever goes on after the last number misses nothing and gets nothing twice', () => {
  const seconds = Array.from({ length: 23 }, (_, at) => second(at, { requests: 1 }))
  const first = sliceSeconds(seconds.slice(0, 13), 5_000, false)
  const after = first.at(-1)?.n ?? 0
  const rest = sliceSeconds(
    seconds.filter(({ n }) => n > after),
    5_000,
    true,
  )
  expect([...first, ...rest].reduce((sum, { canary }) => sum + canary.requests, 0)).toBe(23)
  expect(new Set([...first, ...rest].map(({ at }) => at)).size).toBe(first.length + rest.length)
})

test('quantiles are those of the histogram; without requests there are none', () => {
  const [fast, slow] = [bucketOf(10), bucketOf(200)]
  const [slice] = sliceSeconds(
    [
      second(0, {
        requests: 100,
        durations: [
          [fast, 95],
          [slow, 5],
        ],
      }),
    ],
    5_000,
    true,
  )
  expect(slice?.canary).toMatchObject({ p50: edgesMs[fast], p90: edgesMs[fast], p99: edgesMs[slow] })
  expect(slice?.stable.p50).toBeNull()
})
