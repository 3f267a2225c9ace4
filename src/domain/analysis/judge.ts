import { startCatastrophe, type CatastropheState } from './catastrophe.ts'
import { addDurations, noCounts, type ArmCounts, type Slice } from './counts.ts'
import { edgesMs, fromSparse, toSparse, type SparseDurations } from './durationBuckets.ts'
import { invariant } from '../errors.ts'
import { firedGuard, judgeGuards, startGuards, type GuardsState } from './guards.ts'
import { countedFor, harmOf, healthOf, startMetric, stepMetric, toleratedLine } from './metric.ts'
import type { Arms, Counted, MetricState, SliceContext } from './metric.ts'
import { onLine } from './bet.ts'
import { missingOf } from './missing.ts'
import { unmeasuredNoise, type Noise } from './noise.ts'
import type { AnalysisSettings, MetricSettings } from './settings.ts'
import { checkThreshold } from './staleThreshold.ts'
import { learnThreshold } from './thresholds.ts'
import { startWarmUp, stepWarmUp, type WarmUp } from './warmUp.ts'

/**
 * What the new build is compared with: `canary` a baseline (and stable), `batch` the hosts on the old build while they
 * serve a quarter, `past` nothing that lives: the guards alone decide.
 */
export type Regime = 'canary' | 'batch' | 'past'

/** What is known of the control before the first slice. */
export interface ControlHistory {
  /** The control's counts of the last half hour or less. */
  readonly control: ArmCounts
  /** What was learned of the noise of each metric, by name. */
  readonly noise?: Readonly<Record<string, Noise>>
}

/** All that the judge remembers: small, plain JSON, saved after each slice. */
export interface JudgeState {
  /** Number of the last cell judged. */
  readonly n: number
  /** Sum of the slices that had requests to judge: the only time that counts as watched. */
  readonly judgedMs: number
  /** Slices in a row without requests to judge. */
  readonly idleSlices: number
  /** Judged time until which the line is wide because hosts of the new build are young. */
  readonly youngUntilMs: number
  /** Judged time until which hosts that joined are slow because they are young: latency is not compared with old ones. */
  readonly coldUntilMs: number
  readonly warmUp: WarmUp
  readonly regime: Regime
  readonly metrics: readonly MetricState[]
  /** The control's durations, kept only until every latency metric has its threshold. */
  readonly learning?: SparseDurations
  readonly guards: GuardsState
  readonly catastrophe: CatastropheState
}

export function startJudge(settings: AnalysisSettings, history: ControlHistory = { control: noCounts }): JudgeState {
  const { control, noise = {} } = history
  const latency = settings.metrics.some((metric) => metric.kind === 'latency')
  return {
    n: -1,
    judgedMs: 0,
    idleSlices: 0,
    youngUntilMs: settings.startUpMs,
    coldUntilMs: 0,
    warmUp: startWarmUp(),
    regime: 'canary',
    metrics: settings.metrics.map((metric) => {
      const known =
        metric.kind === 'errors' ? { requests: control.requests, bad: control.bad } : { requests: 0, bad: 0 }
      return startMetric(metric, noise[metric.name] ?? unmeasuredNoise, known)
    }),
    ...(latency ? { learning: toSparse(control.durations) } : {}),
    guards: startGuards(settings.guards),
    catastrophe: startCatastrophe(),
  }
}

/** The old build's hosts are a control only while they serve this share of the requests. */
const leastControl = 0.25

/** Of durations learned beforehand no more than these tails count, so that the control of this rollout soon does. */
const rememberedAbove = 20

function checkArm(name: string, arm: ArmCounts): void {
  const { requests, bad } = arm
  if (Number.isSafeInteger(requests) && Number.isSafeInteger(bad) && bad >= 0 && bad <= requests) return
  invariant(false, `${name} has ${bad} bad of ${requests} requests; allowed: whole numbers, bad ≤ requests`)
}

function checkSlice(slice: Slice): void {
  const ms = slice.toMs - slice.fromMs
  if (!(Number.isSafeInteger(slice.n) && ms > 0 && Number.isFinite(ms))) {
    invariant(false, `slice ${slice.n} reaches from ${slice.fromMs} to ${slice.toMs} ms`)
  }
  checkArm('canary', slice.canary)
  checkArm('baseline', slice.baseline)
  checkArm('stable', slice.stable)
}

interface Controls {
  readonly errors: Counted
  readonly latency: ArmCounts
}

function controlsOf(slice: Slice, regime: Regime): Controls {
  const { stable, baseline, canary } = slice
  if (regime === 'canary') {
    const errors = { requests: stable.requests + baseline.requests, bad: stable.bad + baseline.bad }
    return { errors, latency: baseline }
  }
  const all = stable.requests + canary.requests + baseline.requests
  const serves = regime === 'batch' && stable.requests >= leastControl * all
  return serves ? { errors: stable, latency: stable } : { errors: noCounts, latency: noCounts }
}

function withThreshold(metric: MetricSettings, state: MetricState, learned: readonly number[]): MetricState {
  if (metric.kind !== 'latency' || state.threshold !== undefined) return state
  const quantile = metric.quantile ?? 0.5
  const threshold = learnThreshold(learned, quantile, metric.tolerated.slower ?? 1)
  if (threshold === undefined) return state
  const requests = rememberedAbove / (1 - quantile)
  return { ...state, threshold, control: { requests, bad: requests * threshold.above } }
}

/** Gathers the control's durations while a threshold is missing; when one was given up, from this slice on only. */
function stepLearning(
  before: SparseDurations | undefined,
  settings: AnalysisSettings,
  ready: readonly MetricState[],
  metrics: readonly MetricState[],
  slice: Slice,
) {
  const open = settings.metrics.some((metric, k) => metric.kind === 'latency' && metrics[k]!.threshold === undefined)
  if (!open) return undefined
  const givenUp = metrics.some((metric, k) => metric.threshold === undefined && ready[k]!.threshold !== undefined)
  const control = addDurations(slice.stable.durations, slice.baseline.durations)
  return toSparse(addDurations(fromSparse(givenUp ? [] : (before ?? [])), control))
}

function armsOf(metric: MetricSettings, state: MetricState, slice: Slice, controls: Controls, regime: Regime): Arms {
  const count = (side: 'canary' | 'control', arm: ArmCounts) => countedFor(metric, state.threshold, side, arm)
  const canary = count('canary', slice.canary)
  if (metric.kind === 'latency') return { canary, control: count('control', controls.latency) }
  const arms = { canary, control: controls.errors }
  return regime === 'canary' ? { ...arms, fresh: count('control', slice.baseline) } : arms
}

/** Slices in which a host that takes its part of everything is slow in earnest, most of all without idle time. */
const coldSlices = 2

/**
 * How long hosts that join are too young to be compared with old ones for latency: two slices of the start-up, or as long
 * as the baseline was seen to be slow. At a small share the baseline is hardly busy, and may not show it.
 */
function warmUpOf({ startUpMs, sliceMs }: AnalysisSettings, { warmUp }: JudgeState): number {
  return Math.max(Math.min(startUpMs, coldSlices * sliceMs), warmUp.coldMs)
}

/**
 * Judges one slice. Pure: the same state and slice give the same state, bit for bit; a slice that is not newer than the
 * last one is ignored, one that was lost is simply not counted.
 * @param slice counts that really occurred, cut by one clock; never configured shares
 * @throws Error when the counts cannot be: a wrong number would find nothing for ever.
 */
export function judgeSlice(settings: AnalysisSettings, state: JudgeState, slice: Slice, regime: Regime): JudgeState {
  checkSlice(slice)
  if (slice.n <= state.n) return state
  const ms = slice.toMs - slice.fromMs
  const { learning, ...rest } = state
  const learned = learning === undefined ? undefined : fromSparse(learning)
  const ready = state.metrics.map((metric, k) =>
    learned === undefined ? metric : withThreshold(settings.metrics[k]!, metric, learned),
  )
  const controls = controlsOf(slice, regime)
  const hasControl = controls.errors.requests > 0
  const live = regime === 'canary' || (regime === 'batch' && slice.stable.requests > 0 && hasControl)
  const judged = slice.canary.requests > 0 && (hasControl || !live)
  const turned = regime !== state.regime || slice.freshHosts === true
  const youngUntilMs = turned ? state.judgedMs + settings.startUpMs : state.youngUntilMs
  const coldUntilMs = turned ? state.judgedMs + warmUpOf(settings, state) : state.coldUntilMs
  const context: SliceContext = {
    sliceMs: ms,
    elapsedMs: state.judgedMs,
    startUpMs: settings.startUpMs,
    widened: state.judgedMs < youngUntilMs,
    olderControl: regime !== 'canary',
    cap: Math.log(2 / settings.alpha) / 3,
  }
  const stepped = ready.map((metric, k) => {
    const own = settings.metrics[k]!
    // Against a baseline latency needs no wider line; errors are also compared with older instances.
    const widened = context.widened && !(own.kind === 'latency' && regime === 'canary')
    // Against a baseline both are as young; so it is the young against the old that is no comparison.
    const cold = context.olderControl && own.kind === 'latency' && state.judgedMs < coldUntilMs
    if (!hasControl || cold) return { ...metric, recent: 0 }
    return stepMetric(own, metric, { ...context, widened }, armsOf(own, metric, slice, controls, regime))
  })
  // What convicted the build stays as it was counted: giving its threshold up now would leave a verdict without figures.
  const convicted = totalHarm(settings, stepped) >= 1 / settings.alpha
  const metrics =
    convicted || !hasControl ? stepped : stepped.map((metric, k) => checkThreshold(settings.metrics[k]!, metric, slice))
  const learningOn = stepLearning(learning, settings, ready, metrics, slice)
  const judgedMs = state.judgedMs + (judged ? ms : 0)
  return {
    ...rest,
    n: slice.n,
    judgedMs,
    idleSlices: judged ? 0 : state.idleSlices + 1,
    youngUntilMs,
    coldUntilMs,
    warmUp: regime === 'canary' ? stepWarmUp(state.warmUp, slice.baseline, slice.stable, judgedMs) : state.warmUp,
    regime,
    metrics,
    ...(learningOn === undefined ? {} : { learning: learningOn }),
    guards: judgeGuards(settings.guards, state.guards, slice.canary, ms),
  }
}

export interface MetricJudgement {
  readonly name: string
  /** Evidence of harm and for health; each starts at 1. */
  readonly harm: number
  readonly health: number
  readonly canary: Counted
  readonly control: Counted
  /** The rate of the canary that is still tolerated at the control's rate. */
  readonly tolerated: number
  /** For latency: requests of the new build slower than this count as bad; missing until it was learned. */
  readonly thresholdMs?: number
  /** For latency: requests of the control slower than this count as bad. */
  readonly controlThresholdMs?: number
}

export interface Judgement {
  readonly verdict: 'pass' | 'fail' | 'not-enough-data'
  /** Weighted evidence of harm; `fail` at 1/alpha. No step may end while it is above 1. */
  readonly harm: number
  /** No step may end: harm is above 1, or the latest slices alone speak for harm. */
  readonly suspected: boolean
  /** The metric that contributes most to the evidence of harm. */
  readonly worst: string
  readonly catastrophe: boolean
  readonly guard?: 'errors' | 'latency-p99'
  /** Health is proven against ten times what is tolerated: enough for a larger share, not for hosts. */
  readonly provenCoarse: boolean
  /** Health is proven against the harmful line, for every metric. */
  readonly proven: boolean
  readonly perMetric: readonly MetricJudgement[]
  /** Judged time that a batch needs until its young hosts were compared for one slice; 0 when young ones are as fast. */
  readonly warmUpMs: number
  /** In plain words what is missing, and how long that takes at this traffic; empty when nothing is. */
  readonly missing: string
}

/** Evidence of the latest slices from which on a step does not end. */
const suspicion = Math.log(5)
/** So many slices without requests say that nothing is known about now. */
const idleLimit = 3

/** The weighted average of the metrics' evidence, as 1 plus what each adds; the weights need not sum to 1. */
function totalHarm(settings: AnalysisSettings, metrics: readonly MetricState[]): number {
  return settings.metrics.reduce((sum, metric, k) => sum + metric.weight * (harmOf(metrics[k]!) - 1), 1)
}

/** What the state says. `fail` outranks everything, `pass` needs proof and traffic. */
export function readJudgement(settings: AnalysisSettings, state: JudgeState, regime: Regime): Judgement {
  const { metrics } = state
  const harm = totalHarm(settings, metrics)
  let worst = 0
  let most = Number.NEGATIVE_INFINITY
  settings.metrics.forEach((metric, k) => {
    const own = metric.weight * harmOf(metrics[k]!)
    if (own > most) {
      most = own
      worst = k
    }
  })
  const needed = 1 / settings.beta
  const proven = metrics.every((metric) => healthOf(metric.health) >= needed)
  const provenCoarse = metrics.every((m) => Math.max(healthOf(m.coarse), healthOf(m.health)) >= needed)
  const guard = firedGuard(state.guards)
  const catastrophe = state.catastrophe.fired
  const failed = harm >= 1 / settings.alpha || catastrophe || guard !== undefined
  const idle = state.idleSlices >= idleLimit
  const missing = failed ? '' : missingOf(settings, state, regime, idle)
  return {
    verdict: failed ? 'fail' : proven && !idle ? 'pass' : 'not-enough-data',
    harm,
    suspected: harm > 1 || metrics.some((metric) => metric.recent >= suspicion),
    worst: settings.metrics[worst]?.name ?? '',
    catastrophe,
    ...(guard === undefined ? {} : { guard }),
    provenCoarse,
    proven,
    perMetric: metrics.map((metric, k) => readMetric(settings.metrics[k]!, metric)),
    warmUpMs: state.warmUp.coldMs === 0 ? 0 : warmUpOf(settings, state) + settings.sliceMs,
    missing,
  }
}

function readMetric(settings: MetricSettings, state: MetricState): MetricJudgement {
  const { canary, control } = state.seen
  const rate = control.requests === 0 ? 0 : control.bad / control.requests
  return {
    name: state.name,
    harm: harmOf(state),
    health: healthOf(state.health),
    canary,
    control,
    tolerated: onLine(toleratedLine(settings), rate),
    ...(state.threshold === undefined
      ? {}
      : {
          thresholdMs: edgesMs[state.threshold.slowBucket]!,
          controlThresholdMs: edgesMs[state.threshold.bucket]!,
        }),
  }
}
