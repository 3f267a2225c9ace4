import type { AnalysisSettings } from '../../domain/analysis/settings.ts'
import type { Hold } from '../../domain/holds.ts'
import { presentStage } from '../../domain/promotion/decide.ts'
import { isUnderWay, type Promotion, type PromotionResult, type StageTrip } from '../../domain/promotion/promotion.ts'
import { stepInForce } from '../../domain/rollout/layout.ts'
import { readJudge, type Judge } from '../../domain/rollout/judge.ts'
import { isActive, type Rollout } from '../../domain/rollout/rollout.ts'
import { minimumAt, type JudgementSeen } from '../../domain/rollout/seen.ts'
import type { HoldDocument, PromotionDocument } from '../api.ts'

export interface PromotionParts {
  readonly promotion: Promotion
  /** Its rollouts; the one that is shown is the active one, else the last. */
  readonly rollouts: readonly Rollout[]
  readonly judge?: Judge
  readonly judgement?: JudgementSeen
  /** How it is judged. */
  readonly settings?: AnalysisSettings
  readonly holds: readonly Hold[]
}

/** The promotion as the contract shows it. */
export function promotionDocument(parts: PromotionParts): PromotionDocument {
  const { promotion } = parts
  const rollout = shownRollout(promotion, parts.rollouts)
  return {
    id: promotion.id,
    service: promotion.service,
    candidate: { digest: promotion.build.digest, builds: { [promotion.service]: promotion.build } },
    kind: promotion.kind,
    ...(promotion.emergency ? { emergency: promotion.emergency } : {}),
    phase: promotion.phase,
    stage: promotion.result?.stage ?? presentStage(promotion).name,
    requestedBy: promotion.requestedBy,
    requestedAt: iso(promotion.requestedAtMs),
    ...(promotion.endedAtMs === undefined ? {} : { endedAt: iso(promotion.endedAtMs) }),
    stages: promotion.stages.map(stageDocument),
    ...(rollout ? { replaces: rollout.from, rollout: rolloutDocument(rollout, parts) } : {}),
    holds: [...parts.holds, ...verdictHolds(rollout, parts)].map(holdDocument),
    ...(promotion.result ? { result: resultDocument(promotion.result, parts.judge) } : {}),
  }
}

/** The rollout that a promotion's page shows: what moves, else the one of the last stage that had one. */
export function shownRollout(promotion: Promotion, rollouts: readonly Rollout[]): Rollout | undefined {
  const ids = promotion.stages.flatMap((stage) => stage.rollout ?? [])
  const own = ids.flatMap((id) => rollouts.find((one) => one.id === id) ?? [])
  return own.find(isActive) ?? own.at(-1)
}

function stageDocument(stage: StageTrip): PromotionDocument['stages'][number] {
  return {
    name: stage.name,
    phase: stage.phase,
    ...(stage.startedAtMs === undefined ? {} : { startedAt: iso(stage.startedAtMs) }),
    ...(stage.endedAtMs === undefined ? {} : { endedAt: iso(stage.endedAtMs) }),
    tests: stage.tests.map(({ name, kind, passed, ms, text }) => ({ name, kind, passed, ms, text })),
  }
}

function rolloutDocument(rollout: Rollout, parts: PromotionParts): NonNullable<PromotionDocument['rollout']> {
  const none = { requests: 0, bad: 0 }
  const { judge, judgement } = parts
  const step = rollout.plan.steps[stepInForce(rollout)]
  const onNew = rollout.phase === 'complete' ? rollout.hosts : step?.kind === 'hosts' ? step.hosts : 0
  const set = step?.kind === 'share' ? step.share : onNew / rollout.hosts
  const present = rollout.plan.steps[rollout.step]
  return {
    id: rollout.id,
    environment: rollout.environment,
    phase: rollout.phase,
    since: iso(rollout.sinceMs),
    plan: planOf(rollout),
    layer: layerOf(rollout, onNew),
    share: { set, seen: judge && judge.atStep.all > 0 ? judge.atStep.canary / judge.atStep.all : 0 },
    hosts: { total: rollout.hosts, onNew },
    arms: {
      stable: judge?.totals.stable ?? none,
      canary: judge?.totals.canary ?? none,
      baseline: judge?.totals.baseline ?? none,
    },
    verdict: judgement?.verdict ?? 'not-enough-data',
    ...(judgement ? { evidence: evidenceDocument(judgement, parts) } : {}),
    ...(judgement && present
      ? {
          judged: {
            ms: judgement.judgedMs,
            minimumMs: minimumAt(rollout, judgement),
          },
        }
      : {}),
  }
}

/** A verdict that leaves it open is said by a hold as well, also where something else keeps it from moving. */
function verdictHolds(rollout: Rollout | undefined, parts: PromotionParts): readonly Hold[] {
  if (!rollout || !isUnderWay(parts.promotion)) return []
  const verdict = parts.judgement?.verdict ?? 'not-enough-data'
  const isOpen = verdict === 'not-enough-data' || verdict === 'cannot-see'
  if (!isOpen || parts.holds.some((hold) => hold.rule === verdict)) return []
  const words =
    parts.promotion.kind === 'rollback'
      ? { text: 'one shift back: nothing is measured, readiness decides', help: 'Nothing to do.' }
      : verdictWords(rollout, parts.judgement)
  return [{ rule: verdict, on: rollout.id, sinceMs: rollout.sinceMs, ...words }]
}

function verdictWords(rollout: Rollout, judgement: JudgementSeen | undefined): Pick<Hold, 'text' | 'help'> {
  if (rollout.plan.watch === 'facts')
    return {
      text: `requests are not measured in ${rollout.environment}: tests and readiness decide there`,
      help: 'Nothing to do: measuring begins with the canary.',
    }
  if (judgement?.verdict === 'cannot-see')
    return {
      text: 'the measurements of the gateways are missing or stale',
      help: 'See that the gateways run; `cofferdam status` lists them.',
    }
  if (rollout.plan.watch === 'guards')
    return {
      text: 'the new build is compared with nothing here: absolute limits alone are watched',
      help: 'Nothing to do: hosts are replaced as they are ready, with requests or without.',
    }
  return {
    text: judgement?.missing ?? 'no slice has been judged yet',
    help: 'Traffic through the front or back doors; it goes on by itself.',
  }
}

function planOf({ plan, phase, step }: Rollout): NonNullable<PromotionDocument['rollout']>['plan'] {
  return {
    steps: plan.steps.map((one) => ({ ...one })),
    step: phase === 'baking' || phase === 'complete' ? plan.steps.length : step,
    bakeMs: plan.bakeMs,
    deadlineMs: plan.deadlineMs,
    keepsPrevious: plan.keepPrevious === 'until-bake',
  }
}

function evidenceDocument({ harm, worst }: JudgementSeen, { judge, settings }: PromotionParts) {
  return {
    harm,
    worst,
    limit: settings ? 1 / settings.alpha : 100,
    proof: settings ? 1 / settings.beta : 20,
    metrics: judge && settings ? readJudge(settings, judge).perMetric : [],
    ...(settings ? { guards: guardsOf(settings) } : {}),
  }
}

function guardsOf({ guards }: AnalysisSettings) {
  return { errors: guards.errors, latencyP99Ms: guards.latencyP99Ms, memoryBytes: guards.memoryBytes }
}

function layerOf(rollout: Rollout, onNew: number): string {
  if (rollout.phase === 'complete') return 'stable'
  if (rollout.phase === 'rolling-back' || rollout.phase === 'rolled-back') return 'stable'
  return onNew > 0 ? 'batch' : 'canary'
}

function resultDocument(result: PromotionResult, judge: Judge | undefined): NonNullable<PromotionDocument['result']> {
  const { at, ...rest } = result
  const lastServed = result.outcome === 'done' ? undefined : judge?.lastServedAtMs
  return {
    ...rest,
    at: {
      ...(at.firstBadMs === undefined ? {} : { firstBad: iso(at.firstBadMs) }),
      ...(at.decidedMs === undefined ? {} : { decided: iso(at.decidedMs) }),
      ...(at.appliedMs === undefined ? {} : { applied: iso(at.appliedMs) }),
      ...(lastServed === undefined ? {} : { lastServed: iso(lastServed) }),
    },
  }
}

export function holdDocument(hold: Hold): HoldDocument {
  const { sinceMs, untilMs, ...rest } = hold
  return { ...rest, since: iso(sinceMs), until: untilMs === undefined ? null : iso(untilMs) }
}

export function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}
