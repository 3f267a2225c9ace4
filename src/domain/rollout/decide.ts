import type { Hold } from '../holds.ts'
import { invariant } from '../errors.ts'
import { findReturn, type Reason } from './findReturn.ts'
import { findHolds } from './findHolds.ts'
import { instancesOf, neededFor, stepInForce } from './layout.ts'
import type { Pool } from './pool.ts'
import { isLastShare, presentStep, wasPassed, type Rollout, type RolloutPhase } from './rollout.ts'
import { minimumAt, timeAtStep, type RolloutSeen } from './seen.ts'

export interface RolloutDecision {
  readonly rollout: Rollout
  readonly holds: readonly Hold[]
  /** Look again no later than this, even when nothing was reported. */
  readonly wakeAtMs?: number
}

/** How often a rollout that waits for the world is looked at when nothing is reported: a lost event costs a second. */
const lookAgainMs = 1_000

/**
 * The next state of a rollout. Pure; deciding twice on the same is the same as once. What the world lacks follows from
 * the state alone (`layersOf`, `instancesOf`), so a crash between the save and the effect loses nothing. See SPEC.md.
 */
export function decideRollout(pool: Pool, rollout: Rollout, seen: RolloutSeen, nowMs: number): RolloutDecision {
  const next = advance(pool, rollout, seen, nowMs)
  const holds = findHolds(pool, next, seen, nowMs)
  const ended = next.phase === 'complete' || next.phase === 'rolled-back'
  return ended ? { rollout: next, holds } : { rollout: next, holds, wakeAtMs: nowMs + lookAgainMs }
}

function advance(pool: Pool, rollout: Rollout, seen: RolloutSeen, nowMs: number): Rollout {
  if (rollout.phase === 'complete' || rollout.phase === 'rolled-back') return rollout
  if (rollout.phase === 'rolling-back') return goBack(pool, rollout, seen, nowMs)
  const why = findReturn(pool, rollout, seen, nowMs)
  if (why) return goBack(pool, enterReturn(rollout, why, nowMs), seen, nowMs)
  switch (rollout.phase) {
    case 'preparing':
      return mayShift(pool, rollout, seen) ? enter(rollout, 'shifting', nowMs) : rollout
    case 'shifting':
      return seen.traffic.inSync ? enter(rollout, 'holding', nowMs) : rollout
    case 'holding':
      return mayMoveUp(rollout, seen, nowMs) ? moveUp(rollout, nowMs) : rollout
    case 'baking':
      return bakeIsOver(rollout, seen, nowMs) ? { ...enter(rollout, 'complete', nowMs), endedAtMs: nowMs } : rollout
  }
}

/** The receiving side can serve, and what let the step before end still holds: starting instances takes a while. */
function mayShift(pool: Pool, rollout: Rollout, seen: RolloutSeen): boolean {
  if (!neededFor(pool, rollout, presentStep(rollout)).every((id) => seen.instances.get(id)?.ready)) return false
  if (rollout.plan.watch === 'facts') return true
  return seen.traffic.silent.length === 0 && (wasPassed(rollout) || !isInDoubt(seen))
}

function isInDoubt(seen: RolloutSeen): boolean {
  return seen.judgement !== undefined && (seen.judgement.suspected || seen.judgement.verdict === 'cannot-see')
}

function mayMoveUp(rollout: Rollout, seen: RolloutSeen, nowMs: number): boolean {
  if (seen.traffic.silent.length > 0 || !seen.traffic.inSync) return false
  const step = presentStep(rollout)
  if (rollout.passedStep === rollout.step) return true
  if (timeAtStep(rollout, seen, nowMs) < minimumAt(rollout, seen.judgement)) return false
  if (rollout.plan.watch === 'facts') return true
  if (!seen.judgement || seen.judgement.verdict === 'cannot-see' || seen.judgement.suspected) return false
  if (rollout.plan.watch === 'guards' || step.kind === 'hosts') return true
  return isLastShare(rollout) ? seen.judgement.proven : seen.judgement.provenCoarse
}

function bakeIsOver(rollout: Rollout, seen: RolloutSeen, nowMs: number): boolean {
  const isPassed = rollout.passedStep === rollout.plan.steps.length
  // A person's word stands in for requests that do not come, and for a doubt; not for the time.
  const passedMs = isPassed ? (seen.judgement?.watchedMs ?? 0) : 0
  if (Math.max(passedMs, timeAtStep(rollout, seen, nowMs)) < rollout.plan.bakeMs) return false
  if (rollout.plan.watch === 'facts' || isPassed) return true
  return seen.judgement !== undefined && seen.judgement.verdict !== 'cannot-see' && !seen.judgement.suspected
}

function moveUp(rollout: Rollout, nowMs: number): Rollout {
  if (rollout.step + 1 < rollout.plan.steps.length)
    return { ...enter(rollout, 'preparing', nowMs), step: rollout.step + 1 }
  return rollout.plan.bakeMs > 0
    ? enter(rollout, 'baking', nowMs)
    : { ...enter(rollout, 'complete', nowMs), endedAtMs: nowMs }
}

/** Traffic moves with the decision itself wherever a host of the old build can take it. */
function enterReturn(rollout: Rollout, why: Reason, nowMs: number): Rollout {
  return {
    ...enter(rollout, 'rolling-back', nowMs),
    back: { ...why, decidedAtMs: nowMs, inForce: stepInForce(rollout), shifted: false, confirmed: false },
  }
}

function goBack(pool: Pool, rollout: Rollout, seen: RolloutSeen, nowMs: number): Rollout {
  const back = rollout.back
  invariant(back, `${rollout.id} goes back without a reason`)
  if (!back.shifted) return canReceive(pool, seen) ? { ...rollout, back: { ...back, shifted: true } } : rollout
  if (!back.confirmed) {
    if (!seen.traffic.inSync) return rollout
    const { appliedAtMs } = seen.traffic
    const moved = appliedAtMs !== undefined && appliedAtMs >= back.decidedAtMs
    return { ...rollout, back: { ...back, confirmed: true, ...(moved ? { appliedAtMs } : {}) } }
  }
  const wanted = new Set(instancesOf(pool, rollout).map((one) => one.instance))
  const gone = [...seen.instances.keys()].every((id) => wanted.has(id))
  const serving = [...wanted].every((id) => seen.instances.get(id)?.ready)
  return gone && serving ? { ...enter(rollout, 'rolled-back', nowMs), endedAtMs: nowMs } : rollout
}

/** At least one host of the old build can serve; its pool is never empty in between. */
function canReceive(pool: Pool, seen: RolloutSeen): boolean {
  return Object.values(pool.instances).some((id) => seen.instances.get(id)?.ready)
}

function enter(rollout: Rollout, phase: RolloutPhase, nowMs: number): Rollout {
  return { ...rollout, phase, sinceMs: nowMs }
}
