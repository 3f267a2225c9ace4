import { logEvidence, onLine, shiftedRate, type Block, type Line } from './bet.ts'
import { measured, slowerThan, type ArmCounts } from './counts.ts'
import type { Noise } from './noise.ts'
import { evidenceOf, startOnsets, stepOnsets, stored, type OnsetSettings, type Onsets } from './onsets.ts'
import type { MetricSettings } from './settings.ts'
import type { Threshold } from './thresholds.ts'

/** Requests of one arm, and the bad ones of them; what is bad depends on the metric. */
export interface Counted {
  readonly requests: number
  readonly bad: number
}

/** Everything that is remembered of one metric; plain numbers, saved after each slice. */
export interface MetricState {
  readonly name: string
  /** Evidence against "within the tolerated line"; for errors against stable and baseline together. */
  readonly harm: Onsets
  /** For errors: the same against the baseline alone, which is as young as the canary. */
  readonly fresh?: Onsets
  /** Logarithm of the evidence of the latest slices alone, since it was last nothing. */
  readonly recent: number
  /** Logarithm of the evidence for health against the harmful line, per alternative; and against the coarse line. */
  readonly health: readonly number[]
  readonly coarse: readonly number[]
  /** The control's counts as remembered for the next bet; old ones fade. */
  readonly control: Counted
  /** All that was judged, for the explanation. */
  readonly seen: { readonly canary: Counted; readonly control: Counted }
  readonly noise: Noise
  readonly threshold?: Threshold
  /** The control's counts since the threshold was last found to be where it should be. */
  readonly check?: Counted
}

/** What the judge knows of one slice, the same for all metrics. */
export interface SliceContext {
  readonly sliceMs: number
  /** Judged time before the slice. */
  readonly elapsedMs: number
  readonly startUpMs: number
  /** The line is four times wider: the new build's instances are younger than their start-up. */
  readonly widened: boolean
  /** The control's hosts are older than the new build's, as between batches: they are warm, and no guest is. */
  readonly olderControl: boolean
  /** Most that a slice may add to the logarithm of the evidence. */
  readonly cap: number
}

/** The arms that one metric compares in a slice; `fresh` only where there is a baseline. */
export interface Arms {
  readonly canary: Counted
  readonly control: Counted
  readonly fresh?: Counted
}

const memoryMs = 1_800_000
const onsetMs = 300_000
const widening = 4
/** A coarse proof: not more than ten times what is tolerated. */
const coarseTimes = 10
/** Fewer requests of the control than these say nothing about its rate. */
const fewestControl = 20
// So that a regression that comes late can still undo the proof.
const mostHealth = 14
const mostRecent = Math.log(100)
/** Between groups of one build this quantile of the spread is no harm (99 %, one side). */
const spreadQuantile = 2.58

const errorShifts = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
const medianShifts = [0.1, 0.2, 0.4, 0.8, 1.6]
const upperShifts = [0.2, 0.4, 0.8, 1.6, 3.2]
const tailShifts = [0.25, 0.5, 1, 2, 4]

/** The alternatives that are bet on, as shifts of the tolerated rate on the logit scale: wider where events are rarer. */
export function shiftsOf(metric: MetricSettings): readonly number[] {
  if (metric.kind === 'errors') return errorShifts
  const quantile = metric.quantile ?? 0.5
  if (quantile < 0.75) return medianShifts
  return quantile < 0.95 ? upperShifts : tailShifts
}

export function startMetric(metric: MetricSettings, noise: Noise, control: Counted): MetricState {
  const nothing = { requests: 0, bad: 0 }
  return {
    name: metric.name,
    harm: startOnsets(shiftsOf(metric).length),
    ...(metric.kind === 'errors' ? { fresh: startOnsets(shiftsOf(metric).length) } : {}),
    recent: 0,
    health: [0, 0, 0],
    coarse: [0, 0, 0],
    control,
    seen: { canary: nothing, control: nothing },
    noise,
  }
}

/** The requests of one arm that count for a metric, and the bad ones. */
export function countedFor(
  metric: MetricSettings,
  threshold: Threshold | undefined,
  side: 'canary' | 'control',
  arm: ArmCounts,
): Counted {
  if (metric.kind === 'errors') return { requests: arm.requests, bad: arm.bad }
  if (threshold === undefined) return { requests: 0, bad: 0 }
  const bucket = side === 'canary' ? threshold.slowBucket : threshold.bucket
  return { requests: measured(arm.durations), bad: slowerThan(arm.durations, bucket) }
}

/** The line up to which the canary is no worse than tolerated, without any widening. For latency the thresholds hold the tolerance. */
export function toleratedLine(metric: MetricSettings): Line {
  if (metric.kind === 'latency') return { rho: 1, delta: 0 }
  return { rho: metric.tolerated.times ?? 1, delta: metric.tolerated.plus ?? 0 }
}

/** The line from which on the canary is harmful: health is proven against it. */
export function harmfulLine(metric: MetricSettings): Line {
  if (metric.kind === 'latency') return { rho: metric.harmful.times ?? 1, delta: 0 }
  return { rho: metric.harmful.times ?? 1, delta: metric.harmful.plus ?? 0 }
}

/**
 * The tolerated line, with room for the lasting spread between groups when the control is `groups` canaries large; for
 * latency less what the threshold of the new build covers already.
 */
export function spreadLine(line: Line, noise: Noise, groups: number, threshold?: Threshold): Line {
  const spread = Math.exp(spreadQuantile * noise.sigma * Math.sqrt(1 + 1 / Math.max(1, groups)))
  return { rho: Math.max(line.rho, spread / (threshold?.covers ?? 1)), delta: line.delta }
}

/** The control's rate as estimated from what was seen before; undefined while that is too little. */
export function controlRate(control: Counted): number | undefined {
  if (control.requests < fewestControl) return undefined
  return (control.bad + 0.5) / (control.requests + 1)
}

function harmLogs(metric: MetricSettings, state: MetricState, context: SliceContext, block: Block, wide: boolean) {
  const shifts = shiftsOf(metric)
  const rate = controlRate(state.control)
  if (rate === undefined) return shifts.map(() => 0)
  const groups = block.controlRequests / block.canaryRequests
  const spread = spreadLine(
    toleratedLine(metric),
    state.noise,
    groups,
    context.olderControl ? undefined : state.threshold,
  )
  const line = wide ? { rho: spread.rho * widening, delta: spread.delta * widening } : spread
  const tolerated = onLine(line, rate)
  if (!(tolerated < 1)) return shifts.map(() => 0)
  return shifts.map((shift) =>
    Math.min(context.cap, logEvidence(line, 'harm', shiftedRate(tolerated, shift), rate, block) / state.noise.phi),
  )
}

function stepHealth(logs: readonly number[], line: Line, state: MetricState, context: SliceContext, block: Block) {
  const rate = controlRate(state.control)
  if (rate === undefined) return logs
  const edge = onLine(line, rate)
  // Better than the control, as good, and half-way to the line in proportion: the timid bet shortens the slow tail.
  const alternatives = [0.6 * rate, rate, Math.sqrt(rate * edge)]
  return alternatives.map((c1, k) => {
    const log = Math.min(context.cap, logEvidence(line, 'health', c1, rate, block) / state.noise.phi)
    return stored(logs[k]! + log, mostHealth)
  })
}

/** The coarse line; where ten times the tolerated rate is no rate at all, the harmful line itself. */
function coarseLine(metric: MetricSettings, state: MetricState): Line {
  const harmful = harmfulLine(metric)
  const tolerated = toleratedLine(metric)
  const coarse = { rho: tolerated.rho * coarseTimes, delta: tolerated.delta * coarseTimes }
  const rate = controlRate(state.control) ?? 0
  return onLine(coarse, rate) >= 0.9 || onLine(coarse, rate) <= onLine(harmful, rate) ? harmful : coarse
}

function blockOf(canary: Counted, control: Counted): Block {
  return {
    canaryRequests: canary.requests,
    canaryBad: canary.bad,
    controlRequests: control.requests,
    controlBad: control.bad,
  }
}

function add(a: Counted, b: Counted): Counted {
  return { requests: a.requests + b.requests, bad: a.bad + b.bad }
}

function remember(control: Counted, seen: Counted, sliceMs: number): Counted {
  const kept = Math.exp(-sliceMs / memoryMs)
  const thousandths = (value: number): number => Math.round(value * 1e3) / 1e3
  return {
    requests: thousandths(control.requests * kept + seen.requests),
    bad: thousandths(control.bad * kept + seen.bad),
  }
}

function meanOf(logs: readonly number[]): number {
  let sum = 0
  for (const log of logs) sum += Math.exp(log)
  return sum / logs.length
}

/** One slice of one metric further. Bets are laid on what was seen before the slice, then the slice is remembered. */
export function stepMetric(metric: MetricSettings, state: MetricState, context: SliceContext, arms: Arms): MetricState {
  const { canary, control, fresh } = arms
  if (canary.requests === 0 || control.requests === 0) return state
  // A control as young as the canary has the same cold start, so the wait for it is over before it begins.
  const young = metric.kind === 'latency'
  const mass: OnsetSettings = { atStart: 0.3, afterStartUp: 0.4, startUpMs: context.startUpMs, onsetMs }
  const freshMass = { ...mass, startUpMs: 0 }
  const block = blockOf(canary, control)
  const logs = harmLogs(metric, state, context, block, context.widened)
  const next: MetricState = {
    ...state,
    harm: stepOnsets(young ? freshMass : mass, state.harm, context.elapsedMs, logs),
    recent: Math.max(0, stored(state.recent + Math.log(meanOf(logs)), mostRecent)),
    // Betting against a widened line would lose the proof of health for ever.
    ...(context.widened
      ? {}
      : {
          health: stepHealth(state.health, harmfulLine(metric), state, context, block),
          coarse: stepHealth(state.coarse, coarseLine(metric, state), state, context, block),
        }),
    control: remember(state.control, control, context.sliceMs),
    seen: { canary: add(state.seen.canary, canary), control: add(state.seen.control, control) },
  }
  if (state.fresh === undefined || fresh === undefined || fresh.requests === 0) return next
  const freshLogs = harmLogs(metric, state, context, blockOf(canary, fresh), false)
  return { ...next, fresh: stepOnsets(freshMass, state.fresh, context.elapsedMs, freshLogs) }
}

/** Evidence of harm of one metric: the average of its e-processes. */
export function harmOf(state: MetricState): number {
  if (state.fresh === undefined) return evidenceOf(state.harm)
  return (evidenceOf(state.harm) + evidenceOf(state.fresh)) / 2
}

/** Evidence for health, or for health on the coarse line: the average of the bets on its alternatives. */
export function healthOf(logs: readonly number[]): number {
  return meanOf(logs)
}
