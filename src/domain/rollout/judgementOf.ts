import { explainRollback, inPercent, type Reason } from '../analysis/explain.ts'
import type { Judgement } from '../analysis/judge.ts'
import type { AnalysisSettings } from '../analysis/settings.ts'
import { readJudge, type Judge } from './judge.ts'
import type { RolloutPlan } from './rollout.ts'
import type { JudgementSeen } from './seen.ts'

/** What is known beside the counts. */
export interface Watch {
  readonly plan: RolloutPlan
  /** Present step hands out a share beside a baseline. */
  readonly layer: 'canary' | 'batch'
  /** Memory of each instance of the new build: the last samples, 5 s apart, oldest first; bytes. */
  readonly memory: readonly { readonly host: string; readonly samples: readonly number[] }[]
  readonly blindSinceMs?: number
  readonly unwatched: boolean
}

/** So many samples in a row at or above the limit trip the memory guard. */
const memorySamples = 3

/** What the analysis says now: the judge's own verdict, the memory guard, and whether it can see at all. */
export function judgementOf(settings: AnalysisSettings, judge: Judge, watch: Watch): JudgementSeen {
  const judgement = readJudge(settings, judge)
  const fail = findFail(settings, judge, judgement, watch)
  const misdealt = watch.layer === 'canary' ? misdealtOf(judge) : undefined
  const blindSinceMs = watch.blindSinceMs ?? misdealt?.atMs
  const blind = blindSinceMs !== undefined
  return {
    verdict: fail
      ? 'fail'
      : blind
        ? 'cannot-see'
        : judgement.verdict === 'fail'
          ? 'not-enough-data'
          : judgement.verdict,
    harm: judgement.harm,
    limit: Math.round(1 / settings.alpha),
    suspected: judgement.suspected,
    worst: judgement.worst,
    provenCoarse: judgement.provenCoarse,
    proven: judgement.proven,
    judgedMs: countedMs(judge, watch.plan),
    watchedMs: judge.judged.watchedMs,
    warmUpMs: judgement.warmUpMs,
    missing: judgement.missing || 'no proof of health yet',
    unwatched: watch.unwatched,
    ...(fail ? { fail } : {}),
    ...(judge.firstBadAtMs === undefined ? {} : { firstBadAtMs: judge.firstBadAtMs }),
    ...(blindSinceMs === undefined ? {} : { blindSinceMs }),
    ...(misdealt && watch.blindSinceMs === undefined ? { blindBecause: misdealt } : {}),
  }
}

/** Where only absolute limits are watched, nothing is compared: time without requests was watched as well. */
function countedMs(judge: Judge, plan: RolloutPlan): number {
  const { ms, watchedMs } = judge.judged
  return plan.watch === 'guards' ? Math.max(ms, watchedMs) : ms
}

/** A gateway that deals something else than its table says: no word about the build. */
function misdealtOf(
  judge: Judge,
): { readonly gateway: string; readonly text: string; readonly atMs: number } | undefined {
  const { misdealt } = judge
  const ratio = misdealt && judge.ratios?.[misdealt.gateway]
  if (!misdealt || ratio?.misdealt === undefined) return undefined
  const { canary, baseline, all } = ratio.seen
  const got = ratio.misdealt === 'canary' ? canary : baseline
  const text = `gateway ${misdealt.gateway} sends ${inPercent(got / all)} of the requests to the ${ratio.misdealt} (${got} of ${all}), where ${inPercent(ratio.share)} are set: its counts cannot be trusted`
  return { gateway: misdealt.gateway, text, atMs: misdealt.atMs }
}

type Fail = NonNullable<JudgementSeen['fail']>

function findFail(settings: AnalysisSettings, judge: Judge, judgement: Judgement, watch: Watch): Fail | undefined {
  const canary = judge.totals.canary
  const sentence = (reason: Reason) => explainRollback(reason, exposureOf(judge, watch))
  if (judgement.catastrophe) {
    return {
      cause: 'catastrophe',
      metric: 'errors',
      text: sentence({ cause: 'catastrophe', canary }),
      canary,
      control: controlOf(judge),
    }
  }
  const heavy = watch.memory.find(
    ({ samples }) => samples.length >= memorySamples && samples.every((bytes) => bytes >= settings.guards.memoryBytes),
  )
  if (heavy) {
    const bytes = heavy.samples.at(-1) ?? settings.guards.memoryBytes
    return {
      cause: 'guard',
      metric: 'memory',
      text: sentence({
        cause: 'guard',
        guard: 'memory',
        host: `host ${heavy.host}`,
        bytes,
        limitBytes: settings.guards.memoryBytes,
      }),
    }
  }
  if (watch.plan.watch === 'analysis' && judgement.harm >= 1 / settings.alpha) return byAnalysis(judgement, sentence)
  if (judgement.guard === 'errors') {
    return {
      cause: 'guard',
      metric: 'errors',
      text: sentence({ cause: 'guard', guard: 'errors', canary, limit: settings.guards.errors }),
      canary,
      tolerated: settings.guards.errors,
    }
  }
  if (judgement.guard === 'latency-p99') {
    const slow = judge.state.guards.latencyP99
    const counted = { requests: slow.requests, bad: slow.bad }
    return {
      cause: 'guard',
      metric: 'latency-p99',
      text: sentence({ cause: 'guard', guard: 'latency-p99', canary: counted, limitMs: settings.guards.latencyP99Ms }),
      canary: counted,
    }
  }
  return undefined
}

function byAnalysis(judgement: Judgement, sentence: (reason: Reason) => string): Fail {
  const worst = judgement.perMetric.find((metric) => metric.name === judgement.worst)
  const nothing = { requests: 0, bad: 0 }
  const canary = worst?.canary ?? nothing
  const control = worst?.control ?? nothing
  const tolerated = worst?.tolerated ?? 0
  const text = sentence({
    cause: 'analysis',
    metric: judgement.worst,
    ...(worst?.thresholdMs === undefined ? {} : { thresholdMs: worst.thresholdMs }),
    ...(worst?.controlThresholdMs === undefined ? {} : { controlThresholdMs: worst.controlThresholdMs }),
    canary,
    control,
    tolerated,
  })
  return { cause: 'analysis', metric: judgement.worst, text, canary, control, tolerated }
}

function controlOf(judge: Judge): { readonly requests: number; readonly bad: number } {
  const { stable, baseline } = judge.totals
  return { requests: stable.requests + baseline.requests, bad: stable.bad + baseline.bad }
}

function exposureOf(judge: Judge, watch: Watch) {
  const afterMs = judge.firstRequestAtMs === undefined ? 0 : judge.seenToMs - judge.firstRequestAtMs
  return { requests: judge.totals.canary.requests, afterMs, layer: watch.layer }
}
