import { expect, test } from 'vitest'
import { defaultAnalysis } from '../analysis/settings.ts'
import { noCounts } from '../analysis/counts.ts'
import { beginJudge, foldSecond, type Second } from './judge.ts'
import { judgementOf } from './judgementOf.ts'
import { fullPlan } from './rollout.fixture.ts'

const none = { requests: 0, bad: 0, durations: [] }
const seconds = (defaultAnalysis.sliceMs / 1_000) * 2

/** What counts after two slices without a request. */
function countedMs(watch: 'guards' | 'analysis', inForce: boolean): number {
  let judge = beginJudge('r-1-1', defaultAnalysis, { control: noCounts }, { g1: 0 }, 0)
  for (let n = 1; n <= seconds; n += 1) {
    const second: Second = {
      n,
      gateway: 'g1',
      fromMs: (n - 1) * 1_000,
      toMs: n * 1_000,
      step: 0,
      regime: 'batch',
      arms: { canary: none, baseline: none, stable: none },
      ...(inForce ? { inForce: true } : {}),
    }
    judge = foldSecond(defaultAnalysis, judge, second)
  }
  const plan = { ...fullPlan, watch }
  return judgementOf(defaultAnalysis, judge, { plan, layer: 'batch', memory: [], unwatched: false }).judgedMs
}

test('under guards alone, time without requests counts once the step is in force', () => {
  expect(countedMs('guards', true)).toBe(seconds * 1_000)
  expect(countedMs('guards', false)).toBe(0)
})

test('where builds are compared, time without requests never counts', () => {
  expect(countedMs('analysis', true)).toBe(0)
})
