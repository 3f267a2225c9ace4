import { describe, expect, test } from 'vitest'
import { readJudgement } from './judge.ts'
import { planFinds } from './plan.ts'
import { defaultAnalysis } from './settings.ts'
import { drawHistory, healthy, quickAnalysis, runJudge, type Behaviour } from './simulated.fixture.ts'

const { durations } = drawHistory(1).control
const traffic = { rps: 300, share: 0.05, baseErrorRate: 0.001, latencyHistogram: durations }

/** Median of judged minutes until the judge says so. */
function medianMinutes(canary: Behaviour, wanted: 'pass' | 'fail'): number {
  const minutes: number[] = []
  for (let seed = 1; seed <= 15; seed += 1) {
    const state = runJudge({
      seed,
      slices: 120,
      canary,
      until: (at) => readJudgement(quickAnalysis, at, 'canary').verdict === wanted,
    })
    minutes.push(state.judgedMs / 60_000)
  }
  return minutes.sort((a, b) => a - b)[7]!
}

function within(planned: number, measured: number): void {
  expect(planned / measured).toBeGreaterThan(0.5)
  expect(planned / measured).toBeLessThan(2)
}

describe('the plan, against what then happens', () => {
  const plan = planFinds(quickAnalysis, traffic)
  const planned = (metric: string, times: number) =>
    plan.rows.find((row) => row.metric === metric && Math.abs(row.to / row.from - times) < 1e-6)!.minutes

  test('errors', () => {
    within(planned('errors', 50), medianMinutes({ rps: 15, bad: 0.05 }, 'fail'))
    within(planned('errors', 10), medianMinutes({ rps: 15, bad: 0.01 }, 'fail'))
  })

  test('everything half as slow again', () => {
    const all = { ...healthy, slow: { share: 1, times: 1.5 } }
    const first = Math.min(...['latency-p50', 'latency-p90', 'latency-p99'].map((metric) => planned(metric, 1.5)))
    within(first, medianMinutes(all, 'fail'))
  })

  test('proof of health', () => {
    within(plan.proofMinutes, medianMinutes(healthy, 'pass'))
  })
})

test('with little traffic nothing can be told, with more it can', () => {
  const deadlineMs = 20 * 60_000
  expect(planFinds(quickAnalysis, { ...traffic, rps: 2, share: 0.1, deadlineMs }).canTell).toBe(false)
  expect(planFinds(quickAnalysis, { ...traffic, rps: 300, deadlineMs }).canTell).toBe(true)
})

test('a larger share finds it sooner', () => {
  const at = (share: number) => planFinds(defaultAnalysis, { ...traffic, rps: 20, share })
  expect(at(0.1).proofMinutes).toBeLessThan(at(0.05).proofMinutes)
  at(0.1).rows.forEach((row, i) => {
    const before = at(0.05).rows[i]!.minutes
    if (before < Number.POSITIVE_INFINITY) expect(row.minutes).toBeLessThanOrEqual(before)
  })
})

test('a plan without any history still says something about every metric', () => {
  const plan = planFinds(quickAnalysis, { rps: 300, share: 0.05, baseErrorRate: 0 })
  expect(new Set(plan.rows.map((row) => row.metric)).size).toBe(4)
  expect(plan.proofMinutes).toBeLessThan(10)
  expect(plan.rows.every((row) => row.to > row.from && row.minutes > 0)).toBe(true)
})

test('no traffic means never, not a number that is wrong', () => {
  const plan = planFinds(quickAnalysis, { ...traffic, rps: 0 })
  expect(plan.canTell).toBe(false)
  expect(plan.rows.every((row) => row.minutes === Number.POSITIVE_INFINITY)).toBe(true)
})
