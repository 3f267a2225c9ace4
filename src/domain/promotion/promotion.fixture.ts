import { defaultAnalysis } from '../analysis/settings.ts'
import { layersOf } from '../rollout/layout.ts'
import type { Pool } from '../rollout/pool.ts'
import { isActive, type Rollout } from '../rollout/rollout.ts'
import type { ProbeTest, TestResult } from '../test/test.ts'
import { decidePromotion, type PromotionDecision, type PromotionSeen } from './decide.ts'
import type { Pipeline } from './pipeline.ts'
import type { Promotion, StageTrip } from './promotion.ts'

export const oldBuild = { digest: 'sha256:old', name: 'old' }
export const newBuild = { digest: 'sha256:new', name: 'new' }
export const analysis = defaultAnalysis

export const pipeline: Pipeline = {
  stages: [
    { kind: 'test', name: 'staging', environment: 'staging' },
    { kind: 'canary', name: 'canary', environment: 'production', shares: [0.05, 0.1] },
    { kind: 'production', name: 'production', environment: 'production', batch: 0.25, keepPrevious: 'until-bake' },
  ],
  minimum: { shareMs: 30_000, batchMs: 10_000, bakeMs: 60_000 },
  deadlineMs: 600_000,
  watchedForMs: 60_000,
}

export function probe(name: string): ProbeTest {
  return { name, kind: 'probe', method: 'GET', path: '/', headers: {}, expect: { status: 200, withinMs: 1_000 } }
}

export function resultOf(name: string, passed: boolean): TestResult {
  return { name, kind: 'probe', passed, ms: 5, text: passed ? 'ok' : 'status 500, expected 200' }
}

export function promotionOf(changes: Partial<Promotion> = {}, stages = pipeline.stages): Promotion {
  return {
    id: 'p-7',
    service: 'cart',
    build: newBuild,
    organisation: '1',
    kind: 'deploy',
    phase: 'waiting',
    stages: stages.map(
      (stage): StageTrip => ({
        name: stage.name,
        kind: stage.kind,
        environment: stage.environment,
        phase: 'pending',
        tests: [],
      }),
    ),
    requestedBy: 'ada',
    requestedAtMs: 0,
    returns: {},
    ...changes,
  }
}

/** One promotion in a world that a test moves by hand. */
export interface Trip {
  promotion: Promotion
  nowMs: number
  readonly pools: Map<string, Pool>
  readonly rollouts: Map<string, Rollout>
  readonly taken: Map<string, { readonly promotion: string; readonly sinceMs: number }>
  tests: readonly ProbeTest[]
}

export function tripOf(promotion: Promotion = promotionOf()): Trip {
  const pool = (environment: string, hosts: number): Pool => ({
    environment,
    service: 'cart',
    hosts,
    stable: oldBuild,
    previous: { digest: 'sha256:older', name: 'older' },
    instances: Object.fromEntries(
      Array.from({ length: hosts }, (_, index) => [String(index + 1), `${environment}-cart-${index + 1}-0`]),
    ),
  })
  return {
    promotion,
    nowMs: 1_000,
    pools: new Map([
      ['staging', pool('staging', 1)],
      ['production', pool('production', 4)],
    ]),
    rollouts: new Map(),
    taken: new Map(),
    tests: [probe('answers'), probe('adds')],
  }
}

export function seenBy(trip: Trip): PromotionSeen {
  return { pipeline, tests: trip.tests, pools: trip.pools, rollouts: trip.rollouts, takenBy: trip.taken }
}

/** One pass: what was decided is saved and performed, as the engine would. */
export function pass(trip: Trip): PromotionDecision {
  trip.nowMs += 1_000
  const decision = decidePromotion(trip.promotion, seenBy(trip), trip.nowMs)
  trip.promotion = decision.promotion
  for (const rollout of decision.create) if (!trip.rollouts.has(rollout.id)) trip.rollouts.set(rollout.id, rollout)
  for (const { rollout, text } of decision.takeBack) {
    const known = trip.rollouts.get(rollout)
    if (known)
      trip.rollouts.set(rollout, { ...known, wish: { kind: 'back', cause: 'command', text, atMs: trip.nowMs } })
  }
  return decision
}

export function rolloutIn(trip: Trip, environment: string): Rollout {
  const found = [...trip.rollouts.values()].findLast((one) => one.environment === environment)
  if (!found) throw new Error(`no rollout in ${environment}`)
  return found
}

/** The active rollout of an environment arrives on every host. */
export function arrive(trip: Trip, environment: string): void {
  const rollout = rolloutIn(trip, environment)
  const pool = trip.pools.get(environment)
  if (!pool) throw new Error(`no pool in ${environment}`)
  trip.rollouts.set(rollout.id, {
    ...rollout,
    phase: 'complete',
    step: rollout.plan.steps.length - 1,
    endedAtMs: trip.nowMs,
  })
  trip.pools.set(environment, { ...pool, stable: rollout.to, previous: rollout.from })
}

/** Every rollout that was asked back is back. */
export function bringBack(trip: Trip): void {
  for (const rollout of trip.rollouts.values()) {
    if (!isActive(rollout) || (!rollout.wish && rollout.phase !== 'rolling-back')) continue
    const back = rollout.back ?? {
      cause: 'command',
      text: rollout.wish?.text ?? '',
      decidedAtMs: trip.nowMs,
      inForce: rollout.step,
      shifted: true,
      confirmed: true,
    }
    trip.rollouts.set(rollout.id, { ...rollout, phase: 'rolled-back', back, endedAtMs: trip.nowMs })
  }
}

/** The rollout of production goes back by itself at this step. */
export function failAt(trip: Trip, step: number): void {
  const rollout = rolloutIn(trip, 'production')
  const back = {
    cause: 'analysis',
    metric: 'errors',
    text: 'rolled back after 454 canary requests',
    canary: { requests: 454, bad: 23 },
    control: { requests: 9_000, bad: 9 },
    tolerated: 0.0018,
    decidedAtMs: 500,
    appliedAtMs: 510,
    firstBadAtMs: 400,
    inForce: step,
    shifted: true,
    confirmed: true,
  } as const
  trip.rollouts.set(rollout.id, { ...rollout, phase: 'rolling-back', step, back })
}

export function report(trip: Trip, ...results: readonly TestResult[]): void {
  const stages = trip.promotion.stages.map((stage) =>
    stage.kind === 'test' ? { ...stage, tests: [...stage.tests, ...results] } : stage,
  )
  trip.promotion = { ...trip.promotion, stages }
}

/** What everyone gets in an environment. */
export function stableIn(trip: Trip, environment: string): string {
  const pool = trip.pools.get(environment)
  return pool ? (layersOf(pool, undefined)[0]?.build.name ?? '') : ''
}

export function stagePhases(trip: Trip): readonly string[] {
  return trip.promotion.stages.map((stage) => `${stage.name} ${stage.phase}`)
}
