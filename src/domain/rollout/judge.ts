import { judgeCell } from '../analysis/catastrophe.ts'
import { addCounts, noCounts, type ArmCounts, type Slice } from '../analysis/counts.ts'
import { fromSparse, toSparse, type SparseDurations } from '../analysis/durationBuckets.ts'
import {
  judgeSlice,
  readJudgement,
  startJudge,
  type ControlHistory,
  type JudgeState,
  type Regime,
} from '../analysis/judge.ts'
import { stepSampleRatio, type Dealt, type SampleRatio } from '../analysis/sampleRatio.ts'
import type { AnalysisSettings } from '../analysis/settings.ts'

/** An arm of one second or of an open slice, durations sparse: what is stored. */
export interface SparseCounts {
  readonly requests: number
  readonly bad: number
  readonly durations: SparseDurations
}

/** One second of one gateway as a rollout sees it: what is stored as an observation, and all that is judged. */
export interface Second {
  /** Cell number of that gateway. */
  readonly n: number
  readonly gateway: string
  readonly fromMs: number
  readonly toMs: number
  /** The step in force when it was read. */
  readonly step: number
  readonly regime: Regime
  readonly arms: { readonly canary: SparseCounts; readonly baseline: SparseCounts; readonly stable: SparseCounts }
  /** How the requests were dealt, where that can be tested: the whole second at one share, every host up. */
  readonly dealt?: Dealt
  /** The whole second lies after the step came into force: without requests it was watched as well. */
  readonly inForce?: true
  /** It goes back already: the requests are counted, nothing is judged any more. */
  readonly home?: true
}

interface Total {
  readonly requests: number
  readonly bad: number
}

/** What the analysis of one rollout remembers. Small JSON, saved with the number of the last cell. */
export interface Judge {
  readonly rollout: string
  /** Gateway → number of its last cell that was judged. */
  readonly after: Readonly<Record<string, number>>
  /** Number of the last stored second, where it is not that of its cell. */
  readonly observed?: number
  readonly state: JudgeState
  readonly open?: OpenSlice
  /** Slices judged so far; numbers the slices of all gateways. */
  readonly slices: number
  readonly regime: Regime
  /** Step of the last judged slice. */
  readonly sliceStep?: number
  /** At the step in force: time with requests to judge, and time that was watched, with requests or without. */
  readonly judged: { readonly step: number; readonly ms: number; readonly watchedMs: number }
  /** Counts since the first share. */
  readonly totals: { readonly stable: Total; readonly canary: Total; readonly baseline: Total }
  /** Gateway → whether it deals what its table says, at the step in force. */
  readonly ratios?: Readonly<Record<string, SampleRatio>>
  /** The gateway that was found to deal something else, and when. */
  readonly misdealt?: { readonly gateway: string; readonly atMs: number }
  /** Counts at the step in force: for the share that is seen. */
  readonly atStep: { readonly canary: number; readonly all: number }
  readonly firstRequestAtMs?: number
  readonly firstBadAtMs?: number
  /** End of the last second in which the new build answered. */
  readonly lastServedAtMs?: number
  /** End of the last second that was read. */
  readonly seenToMs: number
}

interface OpenSlice {
  readonly gateway: string
  readonly step: number
  readonly regime: Regime
  readonly fromMs: number
  readonly toMs: number
  readonly watchedMs: number
  readonly arms: Second['arms']
}

export function beginJudge(
  rollout: string,
  settings: AnalysisSettings,
  history: ControlHistory,
  after: Readonly<Record<string, number>>,
  nowMs: number,
): Judge {
  const none = { requests: 0, bad: 0 }
  return {
    rollout,
    after,
    state: startJudge(settings, history),
    slices: 0,
    regime: 'canary',
    judged: { step: 0, ms: 0, watchedMs: 0 },
    totals: { stable: none, canary: none, baseline: none },
    atStep: { canary: 0, all: 0 },
    seenToMs: nowMs,
  }
}

/**
 * One second further. Pure: the same seconds give the same judge, bit for bit; a second that is not newer than the
 * last of its gateway is ignored. The catastrophe lane sees every second, the other tests a slice when it is full.
 */
export function foldSecond(settings: AnalysisSettings, judge: Judge, second: Second): Judge {
  if (second.n <= (judge.after[second.gateway] ?? -1)) return judge
  if (second.home) return countSecond(judge, second)
  const counted = testDealing(settings, countSecond(forgetStep(judge, second), second), second)
  const state = { ...counted.state, catastrophe: judgeCell(counted.state.catastrophe, second.arms.canary) }
  const open = extendSlice(judge.open, second)
  // A step, or a regime, never shares a slice with the one before: what is left of that slice is judged as it is.
  const cut =
    judge.open && open.fromMs === second.fromMs && judge.open.fromMs !== second.fromMs ? judge.open : undefined
  const afterCut = cut ? closeSlice(settings, { ...counted, state }, cut) : { ...counted, state }
  if (open.toMs - open.fromMs < settings.sliceMs - 1) return { ...afterCut, open }
  return dropOpen(closeSlice(settings, afterCut, open))
}

/**
 * Number under which a second is stored: that of its cell, or the next free one where another gateway's second has it or
 * a later one. Read in this order, the seconds are folded as they were.
 */
export function observationNumber(judge: Judge, second: Pick<Second, 'n'>): number {
  const last = Math.max(judge.observed ?? Number.NEGATIVE_INFINITY, ...Object.values(judge.after))
  return second.n > last ? second.n : last + 1
}

/** What is to be done, from the saved judge alone. */
export function readJudge(settings: AnalysisSettings, judge: Judge): ReturnType<typeof readJudgement> {
  return readJudgement(settings, judge.state, judge.regime)
}

/** What was found of one share says nothing of the next one. */
function forgetStep(judge: Judge, second: Second): Judge {
  if (judge.judged.step === second.step) return judge
  const { ratios: _ratios, misdealt: _misdealt, ...rest } = judge
  return rest
}

function testDealing(settings: AnalysisSettings, judge: Judge, second: Second): Judge {
  const { gateway, dealt, fromMs, toMs } = second
  if (!dealt) return judge
  const ratio = stepSampleRatio(judge.ratios?.[gateway], dealt, toMs - fromMs, settings.sliceMs)
  const misdealt = judge.misdealt ?? (ratio.misdealt === undefined ? undefined : { gateway, atMs: toMs })
  return { ...judge, ratios: { ...judge.ratios, [gateway]: ratio }, ...(misdealt === undefined ? {} : { misdealt }) }
}

function countSecond(judge: Judge, second: Second): Judge {
  const { canary, baseline, stable } = second.arms
  const all = canary.requests + baseline.requests + stable.requests
  const sameStep = judge.judged.step === second.step
  const number = observationNumber(judge, second)
  const next: Judge = {
    ...judge,
    ...(number === second.n ? {} : { observed: number }),
    after: { ...judge.after, [second.gateway]: second.n },
    judged: sameStep || second.home ? judge.judged : { step: second.step, ms: 0, watchedMs: 0 },
    totals: {
      stable: add(judge.totals.stable, stable),
      canary: add(judge.totals.canary, canary),
      baseline: add(judge.totals.baseline, baseline),
    },
    atStep: second.home
      ? judge.atStep
      : sameStep
        ? { canary: judge.atStep.canary + canary.requests, all: judge.atStep.all + all }
        : { canary: canary.requests, all },
    seenToMs: Math.max(judge.seenToMs, second.toMs),
  }
  return {
    ...next,
    ...(judge.firstRequestAtMs === undefined && canary.requests > 0 ? { firstRequestAtMs: second.fromMs } : {}),
    ...(judge.firstBadAtMs === undefined && canary.bad > 0 ? { firstBadAtMs: second.toMs } : {}),
    ...(canary.requests > 0 ? { lastServedAtMs: second.toMs } : {}),
  }
}

function extendSlice(open: OpenSlice | undefined, second: Second): OpenSlice {
  const { gateway, step, regime, fromMs, toMs, arms } = second
  const watchedMs = second.inForce ? toMs - fromMs : 0
  const fits = open && open.gateway === gateway && open.step === step && open.regime === regime && toMs > open.fromMs
  if (!fits) return { gateway, step, regime, fromMs, toMs, watchedMs, arms }
  return {
    ...open,
    toMs,
    watchedMs: open.watchedMs + watchedMs,
    arms: {
      canary: addSparse(open.arms.canary, arms.canary),
      baseline: addSparse(open.arms.baseline, arms.baseline),
      stable: addSparse(open.arms.stable, arms.stable),
    },
  }
}

function closeSlice(settings: AnalysisSettings, judge: Judge, open: OpenSlice): Judge {
  const slice: Slice = {
    n: judge.slices,
    fromMs: open.fromMs,
    toMs: open.toMs,
    canary: toCounts(open.arms.canary),
    baseline: toCounts(open.arms.baseline),
    stable: toCounts(open.arms.stable),
    // Each batch brings young hosts.
    ...(open.regime !== 'canary' && open.step !== judge.sliceStep ? { freshHosts: true } : {}),
  }
  const state = judgeSlice(settings, judge.state, slice, open.regime)
  const isPresent = judge.judged.step === open.step
  const ms = isPresent ? state.judgedMs - judge.state.judgedMs : 0
  const watchedMs = isPresent ? open.watchedMs : 0
  return {
    ...judge,
    state,
    slices: judge.slices + 1,
    regime: open.regime,
    sliceStep: open.step,
    judged: { ...judge.judged, ms: judge.judged.ms + ms, watchedMs: judge.judged.watchedMs + watchedMs },
  }
}

function dropOpen(judge: Judge): Judge {
  const { open: _closed, ...rest } = judge
  return rest
}

function toCounts(counts: SparseCounts): ArmCounts {
  return counts.requests === 0
    ? noCounts
    : { requests: counts.requests, bad: counts.bad, durations: fromSparse(counts.durations) }
}

function addSparse(a: SparseCounts, b: SparseCounts): SparseCounts {
  const sum = addCounts(
    { requests: a.requests, bad: a.bad, durations: fromSparse(a.durations) },
    { requests: b.requests, bad: b.bad, durations: fromSparse(b.durations) },
  )
  return { requests: sum.requests, bad: sum.bad, durations: toSparse(sum.durations) }
}

function add(a: Total, b: Total): Total {
  return { requests: a.requests + b.requests, bad: a.bad + b.bad }
}
