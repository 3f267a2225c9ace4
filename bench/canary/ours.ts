import { judgeSlice, readJudgement, startJudge, type JudgeState } from '../../src/domain/analysis/judge.ts'
import { defaultAnalysis, type AnalysisSettings, type MetricSettings } from '../../src/domain/analysis/settings.ts'
import type { ArmCounts } from '../../src/domain/analysis/counts.ts'
import { between, type ErrorTraffic, type Known } from './errorTraffic.ts'

function only(kind: MetricSettings['kind']): readonly MetricSettings[] {
  const own = defaultAnalysis.metrics.filter((metric) => metric.kind === kind)
  const sum = own.reduce((total, metric) => total + metric.weight, 0)
  return own.map((metric) => ({ ...metric, weight: metric.weight / sum }))
}

/** The product's defaults with one kind of metric alone. */
export const errorsOnly: AnalysisSettings = { ...defaultAnalysis, metrics: only('errors') }
export const latencyOnly: AnalysisSettings = { ...defaultAnalysis, metrics: only('latency') }

export interface Outcome {
  /** Seconds; Infinity where it never came. */
  readonly failed: number
  readonly proven: number
  readonly coarse: number
  readonly worst: string
}

/** Stops looking once it failed, or at `stopAt`. */
export function runSlices(
  settings: AnalysisSettings,
  start: JudgeState,
  seconds: number,
  armsOf: (from: number, to: number) => { canary: ArmCounts; baseline: ArmCounts; stable: ArmCounts },
  stopWhenProven: boolean,
): Outcome {
  const step = settings.sliceMs / 1_000
  let state = start
  let proven = Number.POSITIVE_INFINITY
  let coarse = Number.POSITIVE_INFINITY
  for (let second = step; second <= seconds; second += step) {
    const span = { fromMs: (second - step) * 1_000, toMs: second * 1_000 }
    state = judgeSlice(settings, state, { n: second, ...span, ...armsOf(second - step, second) }, 'canary')
    const judgement = readJudgement(settings, state, 'canary')
    if (judgement.provenCoarse) coarse = Math.min(coarse, second)
    if (judgement.proven) proven = Math.min(proven, second)
    if (judgement.harm >= 1 / settings.alpha) return { failed: second, proven, coarse, worst: judgement.worst }
    if (stopWhenProven && judgement.proven) break
  }
  return { failed: Number.POSITIVE_INFINITY, proven, coarse, worst: '' }
}

/** Our engine on errors alone. */
export function oursOnErrors(
  traffic: ErrorTraffic,
  known: Known,
  settings: AnalysisSettings = errorsOnly,
  stopWhenProven = false,
): Outcome {
  const noise = known.noise === undefined ? {} : { noise: { errors: known.noise } }
  const start = startJudge(settings, { control: { ...known.control, durations: [] }, ...noise })
  const arm = (series: ErrorTraffic['canary'], from: number, to: number): ArmCounts => ({
    ...between(series, from, to),
    durations: [],
  })
  return runSlices(
    settings,
    start,
    traffic.at.seconds,
    (from, to) => ({
      canary: arm(traffic.canary, from, to),
      baseline: arm(traffic.baseline, from, to),
      stable: arm(traffic.stable, from, to),
    }),
    stopWhenProven,
  )
}
