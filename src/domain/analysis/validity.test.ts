import { describe, expect, test } from 'vitest'
import { startJudge, judgeSlice } from './judge.ts'
import { evidenceOf } from './onsets.ts'
import { seeded } from './simulated.fixture.ts'
import type { AnalysisSettings } from './settings.ts'

const alpha = 0.05
const settings: AnalysisSettings = {
  sliceMs: 10_000,
  startUpMs: 0,
  alpha,
  beta: 0.05,
  metrics: [
    {
      name: 'errors',
      kind: 'errors',
      weight: 1,
      tolerated: { times: 1.25, plus: 0.0005 },
      harmful: { times: 2, plus: 0.001 },
    },
  ],
  guards: { errors: 0.9, latencyP99Ms: 60_000, memoryBytes: 1, crashes: { times: 3, withinMs: 1 } },
}

/** Whether the evidence of harm ever crosses 1/alpha, in an hour of slices. */
function crosses(seed: number, base: number, rps: number, excess: number): boolean {
  const uniform = seeded(seed)
  const count = (requests: number, rate: number) => {
    let bad = 0
    for (let i = 0; i < requests; i += 1) if (uniform() < rate) bad += 1
    return { requests, bad, durations: [] }
  }
  const tolerated = 1.25 * base + 0.0005
  const known = { control: { requests: rps * 600, bad: Math.round(rps * 600 * base), durations: [] } }
  let state = startJudge(settings, { ...known, noise: { errors: { phi: 1, sigma: 0 } } })
  for (let i = 1; i <= 360; i += 1) {
    const nc = Math.round(rps * 0.05 * 10)
    const slice = {
      n: i * 10,
      fromMs: i * 10_000,
      toMs: (i + 1) * 10_000,
      canary: count(nc, tolerated * excess),
      baseline: count(nc, base),
      stable: count(rps * 9, base),
    }
    state = judgeSlice(settings, state, slice, 'canary')
    const fresh = state.metrics[0]!.fresh!
    if ((evidenceOf(state.metrics[0]!.harm) + evidenceOf(fresh)) / 2 >= 1 / alpha) return true
  }
  return false
}

describe('a canary exactly as bad as tolerated, looked at every 10 s for an hour', () => {
  test.each([
    [0.001, 100],
    [0.01, 20],
    [0.01, 100],
  ])('base rate %f, %i requests a second: rolled back no more often than promised', (base, rps) => {
    let crossed = 0
    const runs = 60
    for (let seed = 1; seed <= runs; seed += 1) if (crosses(seed, base, rps, 1)) crossed += 1
    expect(crossed / runs).toBeLessThanOrEqual(alpha + 2 * Math.sqrt((alpha * (1 - alpha)) / runs))
  })

  test('four times as bad, it is rolled back', () => {
    for (let seed = 1; seed <= 5; seed += 1) expect(crosses(seed, 0.01, 100, 4)).toBe(true)
  })
})
