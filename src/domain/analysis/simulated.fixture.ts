import type { ArmCounts, Slice } from './counts.ts'
import { bucketOf, noDurations } from './durationBuckets.ts'
import { judgeSlice, startJudge, type ControlHistory, type JudgeState, type Regime } from './judge.ts'
import { defaultAnalysis, type AnalysisSettings } from './settings.ts'

/** Settings of a service that wants quick decisions: what the example declares. */
export const quickAnalysis: AnalysisSettings = {
  ...defaultAnalysis,
  sliceMs: 5_000,
  startUpMs: 10_000,
  metrics: [
    {
      name: 'errors',
      kind: 'errors',
      weight: 0.4,
      tolerated: { times: 1.25, plus: 0.0005 },
      harmful: { times: 2, plus: 0.01 },
    },
    {
      name: 'latency-p50',
      kind: 'latency',
      quantile: 0.5,
      weight: 0.15,
      tolerated: { slower: 1.05 },
      harmful: { times: 1.5 },
    },
    {
      name: 'latency-p90',
      kind: 'latency',
      quantile: 0.9,
      weight: 0.15,
      tolerated: { slower: 1.05 },
      harmful: { times: 1.8 },
    },
    {
      name: 'latency-p99',
      kind: 'latency',
      quantile: 0.99,
      weight: 0.3,
      tolerated: { slower: 1.1 },
      harmful: { times: 5 },
    },
  ],
}

/** Behaviour of one arm. */
export interface Behaviour {
  readonly rps: number
  readonly bad: number
  /** Share of requests that take `times` as long. */
  readonly slow?: { readonly share: number; readonly times: number }
}

/** A seeded stream of uniform numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

/** Requests of `ms` milliseconds; durations are log-normal with a median of 40 ms and sigma 0.35. */
export function drawArm(uniform: () => number, behaviour: Behaviour, ms: number): ArmCounts {
  const mean = (behaviour.rps * ms) / 1_000
  const requests = Math.max(0, Math.round(mean + (mean > 0 ? Math.sqrt(mean) * normal(uniform) : 0)))
  const durations = noDurations()
  let bad = 0
  for (let i = 0; i < requests; i += 1) {
    if (uniform() < behaviour.bad) bad += 1
    const times = behaviour.slow !== undefined && uniform() < behaviour.slow.share ? behaviour.slow.times : 1
    durations[bucketOf(40 * times * Math.exp(0.35 * normal(uniform)))]! += 1
  }
  return { requests, bad, durations }
}

/** A minute of the build that ran before. */
export function drawHistory(seed: number, bad = 0.001): ControlHistory {
  return { control: drawArm(seeded(seed), { rps: 270, bad }, 60_000) }
}

export interface Run {
  readonly settings?: AnalysisSettings
  readonly seed: number
  readonly slices: number
  readonly canary: Behaviour
  readonly baseline?: Behaviour
  readonly stable?: Behaviour
  readonly regime?: Regime
  /** Goes on from here instead of starting anew. */
  readonly from?: JudgeState
  readonly history?: ControlHistory
  /** Sees each state; true stops. */
  readonly until?: (state: JudgeState, slice: Slice) => boolean
}

export const healthy = { rps: 15, bad: 0.001 } as const

/** Slices after slice of seeded traffic through the judge. */
export function runJudge(run: Run): JudgeState {
  const { settings = quickAnalysis, baseline = healthy, stable = { rps: 270, bad: 0.001 }, regime = 'canary' } = run
  const uniform = seeded(run.seed)
  let state = run.from ?? startJudge(settings, run.history ?? drawHistory(run.seed + 1_000_000))
  for (let i = 0; i < run.slices; i += 1) {
    const n = state.n + settings.sliceMs / 1_000
    const fromMs = n * 1_000
    const slice = {
      n,
      fromMs,
      toMs: fromMs + settings.sliceMs,
      canary: drawArm(uniform, run.canary, settings.sliceMs),
      baseline: drawArm(uniform, baseline, settings.sliceMs),
      stable: drawArm(uniform, stable, settings.sliceMs),
    }
    state = judgeSlice(settings, state, slice, regime)
    if (run.until?.(state, slice) === true) return state
  }
  return state
}
