import { judgeSlice, readJudgement, startJudge } from '../../src/domain/analysis/judge.ts'
import { defaultAnalysis, type AnalysisSettings } from '../../src/domain/analysis/settings.ts'
import type { ArmCounts } from '../../src/domain/analysis/counts.ts'
import { cumulative, drawDurations, type SlowDown } from './latencyShape.ts'
import { usualDurations } from './latencyTraffic.ts'
import { prngOf, type Prng } from './prng.ts'
import type { Section } from './section.ts'
import { found, percent, quantile, shareOf, table } from './statistics.ts'

/** What a service declares that wants to arrive in minutes at 300 requests a second. */
function declared(times: number): AnalysisSettings {
  const harmful: Readonly<Record<string, { readonly times: number; readonly plus?: number }>> = {
    errors: { times: 2, plus: 0.01 },
    'latency-p50': { times: 1.5 },
    'latency-p90': { times: 1.8 },
    'latency-p99': { times },
  }
  const metrics = defaultAnalysis.metrics.map((metric) => ({ ...metric, harmful: harmful[metric.name]! }))
  return { ...defaultAnalysis, sliceMs: 5_000, startUpMs: 10_000, metrics }
}

interface Change {
  readonly name: string
  readonly bad: number
  readonly slow: SlowDown
  readonly times: number
  readonly seconds: number
}

const unchanged = { all: 1, tail: 1 }
const changes: readonly Change[] = [
  { name: 'healthy', bad: 0.001, slow: unchanged, times: 5, seconds: 900 },
  { name: 'healthy, p99 x3 is harmful', bad: 0.001, slow: unchanged, times: 3, seconds: 900 },
  { name: 'errors 0.1->2 %', bad: 0.02, slow: unchanged, times: 5, seconds: 900 },
  { name: 'errors 0.1->5 %', bad: 0.05, slow: unchanged, times: 5, seconds: 900 },
  { name: 'all x1.5', bad: 0.001, slow: { all: 1.5, tail: 1 }, times: 5, seconds: 900 },
  { name: 'p99 x3', bad: 0.001, slow: { all: 1, tail: 3 }, times: 5, seconds: 900 },
]

interface Times {
  readonly failed: number
  readonly proven: number
  readonly coarse: number
  /** Part of the slices in which a step would have been held for suspicion. */
  readonly suspected: number
}

function one(prng: Prng, change: Change, settings: AnalysisSettings): Times {
  const below = cumulative(unchanged)
  const slowed = cumulative(change.slow)
  const arm = (mean: number, bad: number, durations: Float64Array | undefined): ArmCounts => {
    const requests = prng.poisson(mean)
    const drawn = durations === undefined ? [] : drawDurations(prng, requests, durations)
    return { requests, bad: prng.binomial(requests, bad), durations: drawn }
  }
  // One minute of the build that ran before: a system that has just started knows no more.
  const before = 270 * 60
  let state = startJudge(settings, {
    control: { requests: before, bad: prng.binomial(before, 0.001), durations: usualDurations(before) },
  })
  let proven = Number.POSITIVE_INFINITY
  let coarse = Number.POSITIVE_INFINITY
  let suspected = 0
  const slices = change.seconds / 5
  for (let i = 1; i <= slices; i += 1) {
    const span = { n: i * 5, fromMs: (i - 1) * 5_000, toMs: i * 5_000 }
    const arms = {
      canary: arm(75, change.bad, slowed),
      baseline: arm(75, 0.001, below),
      stable: arm(1_350, 0.001, undefined),
    }
    state = judgeSlice(settings, state, { ...span, ...arms }, 'canary')
    const judgement = readJudgement(settings, state, 'canary')
    if (judgement.suspected) suspected += 1 / slices
    if (judgement.proven) proven = Math.min(proven, i * 5)
    if (judgement.provenCoarse) coarse = Math.min(coarse, i * 5)
    if (judgement.verdict === 'fail') return { failed: i * 5, proven, coarse, suspected }
  }
  return { failed: Number.POSITIVE_INFINITY, proven, coarse, suspected }
}

/** The example's settings at 300 requests a second in clean traffic, nothing learned: what its page promises. */
export const exampleSettings: Section = {
  id: 'EX',
  title: "The example's settings at 300 requests a second",
  run: (counts) => {
    const runs = counts.of(300)
    const violations: string[] = []
    const rows = changes.map((change) => {
      const all = Array.from({ length: runs }, (_, run) =>
        one(prngOf(`EX ${change.name} ${run}`), change, declared(change.times)),
      )
      const failed = all.map((times) => times.failed)
      const proven = all.map((times) => times.proven)
      if (change.name === 'healthy') {
        if (shareOf(failed) > Math.max(0.01, 1 / runs)) violations.push('EX a healthy canary was rolled back')
        if (quantile(proven, 0.5) > 65) violations.push('EX health: median above 65 s')
        if (quantile(proven, 0.95) > (runs >= 300 ? 120 : 135)) violations.push('EX health: p95 above 120 s')
      }
      // A few runs see a median one slice late now and then.
      const slack = runs >= 300 ? 0 : 5
      if (
        change.name === 'errors 0.1->5 %' &&
        (quantile(failed, 0.5) > 30 + slack || quantile(failed, 0.95) > 40 + slack)
      ) {
        violations.push('EX errors 0.1->5 %: above 30 s / 40 s')
      }
      const held = all.reduce((sum, times) => sum + times.suspected, 0) / runs
      return [change.name, found(failed), found(all.map((times) => times.coarse)), found(proven), `${percent(held)} %`]
    })
    const header = ['change', 'rolled back', 'coarse proof', 'proof of health', 'slices under suspicion']
    return {
      text: `median/p95 within 15 minutes, nothing learned beforehand (${runs} runs)\n${table(header, rows)}`,
      violations,
    }
  },
}
