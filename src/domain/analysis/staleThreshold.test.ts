import { describe, expect, test } from 'vitest'
import type { ArmCounts } from './counts.ts'
import { bucketOf, noDurations } from './durationBuckets.ts'
import { judgeSlice, readJudgement, startJudge, type JudgeState } from './judge.ts'
import { defaultAnalysis, type AnalysisSettings } from './settings.ts'

const times: Readonly<Record<string, number>> = { 'latency-p50': 1.5, 'latency-p90': 1.8, 'latency-p99': 5 }
const settings: AnalysisSettings = {
  ...defaultAnalysis,
  sliceMs: 5_000,
  startUpMs: 10_000,
  metrics: defaultAnalysis.metrics.map((metric) =>
    metric.kind === 'errors'
      ? { ...metric, harmful: { times: 2, plus: 0.01 } }
      : { ...metric, harmful: { times: times[metric.name] ?? 1 } },
  ),
}

/** Log-logistic durations around a median; the `slow` fraction takes five times as long. */
function arm(requests: number, medianMs: number, slow = 0): ArmCounts {
  const durations = noDurations()
  for (let i = 0; i < requests; i += 1) {
    const u = (i + 0.5) / requests
    const ms = medianMs * Math.exp(0.25 * Math.log(u / (1 - u))) * ((i * 7) % 100 < slow * 100 ? 5 : 1)
    const bucket = bucketOf(ms)
    durations[bucket] = (durations[bucket] ?? 0) + 1
  }
  return { requests, bad: 0, durations }
}

function play(state: JudgeState, slices: number, canary: ArmCounts, from = 0): JudgeState {
  let at = state
  for (let n = from; n < from + slices; n += 1) {
    at = judgeSlice(
      settings,
      at,
      { n, fromMs: n * 5_000, toMs: (n + 1) * 5_000, canary, baseline: arm(150, 40), stable: arm(2_700, 40) },
      'canary',
    )
  }
  return at
}

describe('a threshold that was learned while the machine was busy', () => {
  const busy = startJudge(settings, { control: arm(5_000, 400) })

  test('is learned anew, so that health can be proven', () => {
    expect(readJudgement(settings, play(busy, 60, arm(150, 40)), 'canary').verdict).toBe('pass')
  })

  test('and harm can be found', () => {
    expect(readJudgement(settings, play(busy, 60, arm(150, 40, 0.06)), 'canary').verdict).toBe('fail')
  })

  test('stays while the control crosses it as often as it should', () => {
    const first = play(startJudge(settings, { control: arm(5_000, 40) }), 5, arm(150, 40))
    const later = play(first, 40, arm(150, 40), 5)
    expect(later.metrics.map((metric) => metric.threshold)).toEqual(first.metrics.map((metric) => metric.threshold))
  })
})

test('a verdict keeps the figures that it was reached with, also when the machine gets busy in that slice', () => {
  const slow = arm(150, 40, 0.2)
  let at = play(startJudge(settings, { control: arm(5_000, 40) }), 5, arm(150, 40))
  for (let n = 5; n < 30; n += 1) {
    const busy = {
      n,
      fromMs: n * 5_000,
      toMs: (n + 1) * 5_000,
      baseline: arm(150, 70, 0.1),
      stable: arm(2_700, 70, 0.1),
    }
    const judged = readJudgement(settings, judgeSlice(settings, at, { ...busy, canary: slow }, 'canary'), 'canary')
    if (judged.verdict === 'fail') {
      const worst = judged.perMetric.find((metric) => metric.name === judged.worst)
      expect(worst?.canary.bad).toBeGreaterThan(0)
      expect(worst?.tolerated).toBeGreaterThan(0)
      return
    }
    at = play(at, 1, slow, n)
  }
  expect.unreachable('the slow build was never found')
})
