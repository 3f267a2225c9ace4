import type { Hold } from '../holds.ts'
import { invariant } from '../errors.ts'
import type { Settings } from '../catalog/setting.ts'
import { runsAlready, type Pool } from '../rollout/pool.ts'
import { isActive, type Rollout } from '../rollout/rollout.ts'
import type { Test } from '../test/test.ts'
import { planBatches, planProduction, planReplacement } from './planRollout.ts'
import type { Pipeline } from './pipeline.ts'
import type { Promotion, StageTrip } from './promotion.ts'
import { resultOfDone, resultOfReturn } from './result.ts'
import { arrivedTrip, failedReturns, nextTry, returnHold } from './returns.ts'
import { mayRunTests, troubleHold } from './testTrouble.ts'

/** All that a promotion may know of the world in one pass. */
export interface PromotionSeen {
  readonly pipeline: Pipeline
  /** The tests of the service: what a test stage runs. */
  readonly tests: readonly Test[]
  /** Environment → pool of the promotion's service. */
  readonly pools: ReadonlyMap<string, Pool>
  /** Environment → what the instances of the candidate get there. */
  readonly settings?: ReadonlyMap<string, Settings>
  /** Rollouts of this promotion by id. */
  readonly rollouts: ReadonlyMap<string, Rollout>
  /** Environment → another promotion that is in it. */
  readonly takenBy: ReadonlyMap<string, { readonly promotion: string; readonly sinceMs: number }>
}

export interface PromotionDecision {
  readonly promotion: Promotion
  /** Rollouts that should exist; creating one that exists changes nothing. */
  readonly create: readonly Rollout[]
  /** Rollouts that should go back. */
  readonly takeBack: readonly { readonly rollout: string; readonly text: string }[]
  /** The stage whose tests should be running now. */
  readonly runTests?: string
  readonly holds: readonly Hold[]
}

/** The next state of a promotion. Pure; what should exist follows from the state alone. See SPEC.md. */
export function decidePromotion(promotion: Promotion, seen: PromotionSeen, nowMs: number): PromotionDecision {
  const next = settle(promotion, seen, nowMs)
  const create = next.phase === 'moving' || next.phase === 'rolling-back' ? missingRollouts(next, seen, nowMs) : []
  const takeBack =
    next.phase === 'rolling-back'
      ? activeTrips(next, seen).map((rollout) => ({ rollout: rollout.id, text: wishText(next) }))
      : []
  const testing = next.phase === 'moving' ? stageUnderTest(next, seen) : undefined
  return {
    promotion: next,
    create,
    takeBack,
    ...(testing === undefined || !mayRunTests(testing, nowMs) ? {} : { runTests: testing.name }),
    holds: holdsOf(next, seen),
  }
}

/** Applies the transitions until nothing changes: a pass may cross several at once. */
function settle(promotion: Promotion, seen: PromotionSeen, nowMs: number): Promotion {
  let current = promotion
  // A promotion has at most a dozen stages; each round passes one or stops.
  for (let round = 0; round < 32; round += 1) {
    const next = advance(current, seen, nowMs)
    if (next === current) return current
    current = next
  }
  return current
}

function advance(promotion: Promotion, seen: PromotionSeen, nowMs: number): Promotion {
  switch (promotion.phase) {
    case 'waiting':
      if (promotion.wish) return end(promotion, 'aborted', seen, nowMs)
      return mayEnter(promotion, seen)
        ? { ...startStage(promotion, presentStage(promotion), nowMs), phase: 'moving' }
        : promotion
    case 'moving':
      return promotion.wish ? turnBack(promotion, promotion.stages) : move(promotion, seen, nowMs)
    case 'rolling-back':
      return finishReturn(promotion, seen, nowMs)
    default:
      return promotion
  }
}

/** The first stage that has not passed; the last one when all have. */
export function presentStage(promotion: Promotion): StageTrip {
  const stage = promotion.stages.find((one) => one.phase !== 'passed') ?? promotion.stages.at(-1)
  invariant(stage, `${promotion.id} has no stages`)
  return stage
}

function mayEnter(promotion: Promotion, seen: PromotionSeen): boolean {
  return !seen.takenBy.has(presentStage(promotion).environment)
}

function move(promotion: Promotion, seen: PromotionSeen, nowMs: number): Promotion {
  const stage = presentStage(promotion)
  if (stage.phase === 'passed')
    return { ...promotion, phase: 'done', endedAtMs: nowMs, result: resultOfDone(promotion, seen.rollouts) }
  if (stage.phase === 'pending') return mayEnter(promotion, seen) ? startStage(promotion, stage, nowMs) : promotion
  const rollout = stage.rollout === undefined ? undefined : seen.rollouts.get(stage.rollout)
  if (rollout && (rollout.phase === 'rolling-back' || rollout.phase === 'rolled-back')) {
    return turnBack(promotion, failStages(promotion, stage, rollout, nowMs))
  }
  if (stage.kind === 'test') return moveTestStage(promotion, stage, rollout, seen, nowMs)
  return hasArrived(promotion, stage, rollout, seen) ? passStage(promotion, stage, nowMs) : promotion
}

function hasArrived(
  promotion: Promotion,
  stage: StageTrip,
  rollout: Rollout | undefined,
  seen: PromotionSeen,
): boolean {
  const pool = seen.pools.get(stage.environment)
  if (!rollout) return pool !== undefined && runsAlready(pool, promotion.build, seen.settings?.get(stage.environment))
  return rollout.phase === 'complete' || (stage.kind === 'canary' && rollout.plan.steps[rollout.step]?.kind === 'hosts')
}

function moveTestStage(
  promotion: Promotion,
  stage: StageTrip,
  rollout: Rollout | undefined,
  seen: PromotionSeen,
  nowMs: number,
): Promotion {
  if (!hasArrived(promotion, stage, rollout, seen)) return promotion
  if (stage.tests.some((test) => !test.passed))
    return turnBack(promotion, withStage(promotion, { ...stage, phase: 'failed', endedAtMs: nowMs }))
  return stage.tests.length >= seen.tests.length ? passStage(promotion, stage, nowMs) : promotion
}

function startStage(promotion: Promotion, stage: StageTrip, nowMs: number): Promotion {
  // Canary and production are step ranges of one rollout: whichever comes first names it for both.
  const shared = promotion.stages.find(
    (one) =>
      one.kind !== 'test' &&
      stage.kind !== 'test' &&
      one.environment === stage.environment &&
      one.rollout !== undefined,
  )?.rollout
  const rollout = shared ?? rolloutId(promotion, stage.name)
  return { ...promotion, stages: withStage(promotion, { ...stage, phase: 'running', startedAtMs: nowMs, rollout }) }
}

function passStage(promotion: Promotion, stage: StageTrip, nowMs: number): Promotion {
  return { ...promotion, stages: withStage(promotion, { ...stage, phase: 'passed', endedAtMs: nowMs }) }
}

/** A rollout that went back fails the stage whose step it was at. */
function failStages(promotion: Promotion, stage: StageTrip, rollout: Rollout, nowMs: number): readonly StageTrip[] {
  const kind = rollout.plan.steps[rollout.step]?.kind
  const passedCanary = stage.kind === 'canary' && kind === 'hosts'
  if (!passedCanary) return withStage(promotion, { ...stage, phase: 'failed', endedAtMs: nowMs })
  return promotion.stages.map((one) => {
    if (one.name === stage.name) return { ...one, phase: 'passed', endedAtMs: nowMs }
    return one.kind === 'production'
      ? { ...one, phase: 'failed', startedAtMs: one.startedAtMs ?? nowMs, endedAtMs: nowMs, rollout: rollout.id }
      : one
  })
}

function withStage(promotion: Promotion, stage: StageTrip): readonly StageTrip[] {
  return promotion.stages.map((one) => (one.name === stage.name ? stage : one))
}

/** The set goes back: the rollout that moves, then each environment where the build had arrived already. */
function turnBack(promotion: Promotion, stages: readonly StageTrip[]): Promotion {
  const turned: Promotion = { ...promotion, phase: 'rolling-back', stages, returns: {} }
  const returns = Object.fromEntries(
    stages
      .filter((stage) => stage.rollout !== undefined)
      .map((stage) => [stage.environment, rolloutId(turned, `return-${stage.name}`)]),
  )
  return { ...turned, returns }
}

function finishReturn(promotion: Promotion, seen: PromotionSeen, nowMs: number): Promotion {
  if (activeTrips(promotion, seen).length > 0) return promotion
  for (const [environment, id] of Object.entries(promotion.returns)) {
    if (!arrivedTrip(promotion, environment, seen.rollouts)) continue
    const rollout = seen.rollouts.get(id)
    if (!rollout || isActive(rollout)) return promotion
  }
  const failed = promotion.leftAs ? [] : failedReturns(promotion, seen.rollouts)
  if (failed.length > 0) {
    const due = failed.flatMap(({ environment, last }) => (last && nowMs >= last.nextAtMs ? [environment] : []))
    if (due.length === 0) return promotion
    const again = due.map((environment) => [environment, nextTry(promotion.returns[environment] ?? '')])
    return { ...promotion, returns: { ...promotion.returns, ...Object.fromEntries(again) } }
  }
  const changed = promotion.stages.some((stage) => stage.rollout !== undefined && seen.rollouts.has(stage.rollout))
  return end(promotion, changed ? 'rolled-back' : 'aborted', seen, nowMs)
}

function end(promotion: Promotion, outcome: 'rolled-back' | 'aborted', seen: PromotionSeen, nowMs: number): Promotion {
  return { ...promotion, phase: outcome, endedAtMs: nowMs, result: resultOfReturn(promotion, outcome, seen.rollouts) }
}

/** Rollouts of the way there that have not ended. */
function activeTrips(promotion: Promotion, seen: PromotionSeen): readonly Rollout[] {
  const ids = new Set(promotion.stages.flatMap((stage) => (stage.rollout === undefined ? [] : [stage.rollout])))
  return [...ids].flatMap((id) => {
    const rollout = seen.rollouts.get(id)
    return rollout && isActive(rollout) ? [rollout] : []
  })
}

function missingRollouts(promotion: Promotion, seen: PromotionSeen, nowMs: number): readonly Rollout[] {
  if (promotion.phase === 'rolling-back') return missingReturns(promotion, seen, nowMs)
  const stage = presentStage(promotion)
  if (stage.phase !== 'running' || stage.rollout === undefined || seen.rollouts.has(stage.rollout)) return []
  const pool = seen.pools.get(stage.environment)
  const settings = seen.settings?.get(stage.environment)
  if (!pool || runsAlready(pool, promotion.build, settings)) return []
  const plan = planOf(promotion, stage, seen.pipeline, pool.hosts)
  return [beginRollout(promotion, stage.rollout, pool, { build: promotion.build, settings }, plan, nowMs)]
}

function planOf(promotion: Promotion, stage: StageTrip, pipeline: Pipeline, hosts: number) {
  if (stage.kind === 'test' || promotion.kind === 'rollback') return planReplacement(pipeline, hosts)
  return promotion.emergency ? planBatches(pipeline, hosts) : planProduction(pipeline, hosts)
}

function missingReturns(promotion: Promotion, seen: PromotionSeen, nowMs: number): readonly Rollout[] {
  return Object.entries(promotion.returns).flatMap(([environment, id]) => {
    const pool = seen.pools.get(environment)
    const trip = arrivedTrip(promotion, environment, seen.rollouts)
    if (seen.rollouts.has(id) || !pool || !trip) return []
    const to = { build: trip.from, settings: trip.fromSettings }
    return [beginRollout(promotion, id, pool, to, planReplacement(seen.pipeline, pool.hosts), nowMs)]
  })
}

function beginRollout(
  promotion: Promotion,
  id: string,
  pool: Pool,
  to: { readonly build: Promotion['build']; readonly settings: Settings | undefined },
  plan: Rollout['plan'],
  nowMs: number,
): Rollout {
  return {
    id,
    promotion: promotion.id,
    environment: pool.environment,
    service: pool.service,
    from: pool.stable,
    to: to.build,
    ...(pool.settings === undefined ? {} : { fromSettings: pool.settings }),
    ...(to.settings === undefined ? {} : { toSettings: to.settings }),
    hosts: pool.hosts,
    plan,
    phase: 'preparing',
    step: 0,
    sinceMs: nowMs,
    startedAtMs: nowMs,
  }
}

/** The id is derived, so that a crash between two saves cannot start a second rollout for the same trip. */
function rolloutId(promotion: Promotion, trip: string): string {
  const names = [
    ...promotion.stages.map((stage) => stage.name),
    ...promotion.stages.map((stage) => `return-${stage.name}`),
  ]
  return `r-${promotion.id.replace(/^p-/, '')}-${names.indexOf(trip) + 1}`
}

/** The stage whose tests have not all given a result. */
function stageUnderTest(promotion: Promotion, seen: PromotionSeen): StageTrip | undefined {
  const stage = presentStage(promotion)
  if (stage.kind !== 'test' || stage.phase !== 'running' || stage.tests.length >= seen.tests.length) return undefined
  const rollout = stage.rollout === undefined ? undefined : seen.rollouts.get(stage.rollout)
  return hasArrived(promotion, stage, rollout, seen) && !stage.tests.some((test) => !test.passed) ? stage : undefined
}

function wishText(promotion: Promotion): string {
  const { wish } = promotion
  return wish
    ? `${wish.kind === 'rollback' ? 'rolled back' : 'aborted'} by ${wish.by}${wish.reason ? `: ${wish.reason}` : ''}`
    : 'the promotion went back'
}

function holdsOf(promotion: Promotion, seen: PromotionSeen): readonly Hold[] {
  if (promotion.phase === 'rolling-back')
    return failedReturns(promotion, seen.rollouts).map((failed) => returnHold(promotion, failed))
  if (promotion.phase !== 'waiting' && promotion.phase !== 'moving') return []
  const stage = presentStage(promotion)
  const taken = stage.phase === 'pending' ? seen.takenBy.get(stage.environment) : undefined
  if (taken) {
    const text = `${taken.promotion} is in ${stage.environment}; one promotion at a time`
    return [
      {
        rule: 'staging-taken',
        on: taken.promotion,
        sinceMs: taken.sinceMs,
        text,
        help: `It goes on when ${taken.promotion} has left; \`cofferdam promotion show ${taken.promotion}\` says why it waits.`,
      },
    ]
  }
  if (stageUnderTest(promotion, seen) === undefined) return []
  if (stage.trouble !== undefined) return [troubleHold(promotion, stage, stage.trouble)]
  const left = seen.tests.length - stage.tests.length
  return [
    {
      rule: 'tests-running',
      on: stage.name,
      sinceMs: stage.startedAtMs ?? promotion.requestedAtMs,
      text: `${left} of ${seen.tests.length} tests have not ended in ${stage.name}`,
      help: 'It goes on when the last one has passed.',
    },
  ]
}
