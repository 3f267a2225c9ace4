import { controlRate, harmfulLine, healthOf, type MetricState } from './metric.ts'
import { proofInformation } from './information.ts'
import type { JudgeState, Regime } from './judge.ts'
import type { AnalysisSettings, MetricSettings } from './settings.ts'

/** A time in the words of a person: rounded up, never more exact than it is known. */
export function inWords(ms: number): string {
  if (ms < 90_000) return `${Math.max(5, Math.ceil(ms / 5_000) * 5)} s`
  if (ms < 5_400_000) return `${Math.ceil(ms / 60_000)} min`
  return `${Math.ceil(ms / 3_600_000)} h`
}

function timeToProof(settings: AnalysisSettings, metric: MetricSettings, state: MetricState, judgedMs: number) {
  const rate = controlRate(state.control)
  const { canary, control } = state.seen
  if (rate === undefined || canary.requests === 0 || control.requests === 0 || judgedMs === 0) return undefined
  const line = harmfulLine(metric)
  const nats = proofInformation(line, rate, control.requests / canary.requests) / state.noise.phi
  const left = Math.log(1 / settings.beta) - Math.log(healthOf(state.health))
  const perMs = canary.requests / judgedMs
  return nats > 0 ? Math.max(0, left) / (nats * perMs) : undefined
}

/** What is missing for the proof of health, and about how long that takes at the traffic seen so far. */
export function missingOf(settings: AnalysisSettings, state: JudgeState, regime: Regime, idle: boolean): string {
  const open = state.metrics
    .map((metric, k) => ({ metric, own: settings.metrics[k]! }))
    .filter(({ metric }) => healthOf(metric.health) < 1 / settings.beta)
  if (idle) return `no requests to judge in the last ${inWords(state.idleSlices * settings.sliceMs)}`
  if (open.length === 0) return ''
  const names = open.map(({ own }) => own.name).join(', ')
  if (regime === 'past') return `no proof of health for ${names}; no instance of the old build is left to compare with`
  const silent = open.filter(({ metric }) => metric.seen.control.requests === 0)
  if (state.judgedMs > 0 && silent.length > 0) {
    return `no proof of health yet for ${names}; nothing to compare ${silent.map(({ own }) => own.name).join(', ')} with yet`
  }
  const times = open.map(({ own, metric }) => timeToProof(settings, own, metric, state.judgedMs))
  const known = times.filter((time) => time !== undefined)
  if (known.length === 0) return `no proof of health yet for ${names}`
  return `no proof of health yet for ${names}; about ${inWords(Math.max(...known))} more at this traffic`
}
