import { describe, expect, test } from 'vitest'
import { crashLoops, firedGuard, judgeGuards, memoryExceeded, startGuards } from './guards.ts'
import { defaultAnalysis } from './settings.ts'
import { drawArm, seeded, type Behaviour } from './simulated.fixture.ts'

const limits = defaultAnalysis.guards

function guardAfter(
  seed: number,
  behaviour: Behaviour,
  slices: number,
  before = 0,
): { guard?: string; slices: number } {
  const uniform = seeded(seed)
  let state = startGuards(limits)
  const healthy = { rps: behaviour.rps, bad: 0.001 }
  for (let i = 0; i < before; i += 1) state = judgeGuards(limits, state, drawArm(uniform, healthy, 5_000), 5_000)
  for (let i = 1; i <= slices; i += 1) {
    state = judgeGuards(limits, state, drawArm(uniform, behaviour, 5_000), 5_000)
    const guard = firedGuard(state)
    if (guard !== undefined) return { guard, slices: i }
  }
  return { slices: Number.POSITIVE_INFINITY }
}

describe('the guard of errors at 10 %', () => {
  test('finds 20 % at 300 requests a second within 40 s, also after five healthy minutes', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      expect(guardAfter(seed, { rps: 300, bad: 0.2 }, 20)).toMatchObject({ guard: 'errors' })
      expect(guardAfter(seed, { rps: 300, bad: 0.2 }, 20, 60).slices).toBeLessThanOrEqual(8)
    }
  })

  test('is not tripped by exactly its limit, nor by one failure of one request', () => {
    for (let seed = 1; seed <= 20; seed += 1) expect(guardAfter(seed, { rps: 15, bad: 0.1 }, 120).guard).toBeUndefined()
    const one = judgeGuards(limits, startGuards(limits), { requests: 1, bad: 1, durations: [] }, 5_000)
    expect(firedGuard(one)).toBeUndefined()
  })
})

describe('the guard of the p99 at 2 s', () => {
  test('finds 5 % above it, and leaves 0.5 % alone', () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const slow = (share: number): Behaviour => ({ rps: 100, bad: 0, slow: { share, times: 150 } })
      expect(guardAfter(seed, slow(0.05), 30).guard).toBe('latency-p99')
      expect(guardAfter(seed, slow(0.005), 60).guard).toBeUndefined()
    }
  })
})

describe('the guard of memory', () => {
  const samples = (...readings: [number, number][]) =>
    readings.map(([seconds, bytes]) => ({ atMs: seconds * 1_000, bytes }))

  test('wants three samples in a row, five seconds apart', () => {
    expect(memoryExceeded(100, samples([0, 100], [5, 120], [10, 100]))).toBe(true)
    expect(memoryExceeded(100, samples([0, 100], [4.9, 120], [9.8, 100]))).toBe(true)
    expect(memoryExceeded(100, samples([0, 100], [5, 120]))).toBe(false)
    expect(memoryExceeded(100, samples([0, 100], [5, 99], [10, 100], [15, 100]))).toBe(false)
    expect(memoryExceeded(100, samples([0, 100], [1, 100], [2, 100], [3, 100]))).toBe(false)
    expect(memoryExceeded(100, samples([0, 100], [1, 100], [5, 100], [6, 100], [10, 100]))).toBe(true)
  })
})

describe('the guard of crashes', () => {
  test('counts exits inside the window only', () => {
    const crashes = { times: 3, withinMs: 60_000 }
    expect(crashLoops(crashes, [10_000, 30_000, 69_000], 70_000)).toBe(false)
    expect(crashLoops(crashes, [10_001, 30_000, 69_000], 70_000)).toBe(true)
    expect(crashLoops(crashes, [20_000, 30_000, 80_000], 70_000)).toBe(false)
  })
})
