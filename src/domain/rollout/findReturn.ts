import { instancesOf, isOfNewBuild, neededFor, stepInForce } from './layout.ts'
import type { Pool } from './pool.ts'
import { presentStep, type Cause, type Return, type Rollout } from './rollout.ts'
import type { RolloutSeen } from './seen.ts'

/** While hosts are replaced or bake, blindness is borne this long; a share is out at most `watchedForMs`. */
const blindInBatchesMs = 5 * 60_000
/** A share that a hold keeps after its deadline stays out, watched, at most this long. */
const heldTooLongMs = 60 * 60_000

/** Why it goes back, before anything was done about it. */
export type Reason = Omit<Return, 'shifted' | 'confirmed' | 'decidedAtMs' | 'inForce'>

/** The first reason to go back, or nothing. Facts and the judge come before clocks; a person's wish comes first. */
export function findReturn(pool: Pool, rollout: Rollout, seen: RolloutSeen, nowMs: number): Reason | undefined {
  if (rollout.wish) return { cause: rollout.wish.cause, text: rollout.wish.text, ...firstBad(seen) }
  const fail = seen.judgement?.fail
  if (fail && rollout.plan.watch !== 'facts') return { ...fail, ...firstBad(seen) }
  const failure = failuresOfNewBuild(pool, rollout, seen)[0]
  if (failure) return { cause: causeOfFailure(failure.cause), text: `rolled back: ${failure.text}`, ...firstBad(seen) }
  return findNeverReady(pool, rollout, seen, nowMs) ?? findClockReturn(rollout, seen, nowMs)
}

/** What the step needs did not start within the deadline of a step: a baseline, too, without which nothing can be compared. */
function findNeverReady(pool: Pool, rollout: Rollout, seen: RolloutSeen, nowMs: number): Reason | undefined {
  const { deadlineMs } = rollout.plan
  if (rollout.phase !== 'preparing' || nowMs - rollout.sinceMs < deadlineMs) return undefined
  const needed = neededFor(pool, rollout, presentStep(rollout))
  const missing = needed.filter((id) => !seen.instances.get(id)?.ready)
  if (missing.length === 0) return undefined
  const failure = missing.map((id) => seen.instances.get(id)?.failure?.text).find((text) => text !== undefined)
  return {
    cause: 'not-ready',
    text: `rolled back: ${missing.length} of ${needed.length} instances were not ready ${seconds(deadlineMs)} after they were asked for: ${failure ?? missing.join(', ')}`,
    ...firstBad(seen),
  }
}

function findClockReturn(rollout: Rollout, seen: RolloutSeen, nowMs: number): Reason | undefined {
  const step = rollout.plan.steps[stepInForce(rollout)]
  // A shift that is on its way has not been seen by anyone yet.
  if (rollout.plan.watch === 'facts' || rollout.phase === 'shifting' || !step) return undefined
  if (step.kind === 'share' && seen.judgement?.unwatched) {
    return {
      cause: 'unwatched',
      text: `nobody watched the share for ${seconds(rollout.plan.watchedForMs)}: the gateway had already sent it to stable`,
      ...firstBad(seen),
    }
  }
  const blindSince = seen.judgement?.blindSinceMs
  const patience = blindPatienceMs(rollout)
  if (blindSince !== undefined && nowMs - blindSince >= patience) {
    const because = seen.judgement?.blindBecause
    const text = because
      ? `rolled back after ${seconds(patience)} without a measurement that can be trusted: ${because.text}`
      : `no measurement could be judged for ${seconds(patience)}`
    return { cause: 'cannot-see', text, ...firstBad(seen) }
  }
  if (step.kind === 'share' && rollout.phase === 'holding' && nowMs >= heldUntilMs(rollout)) {
    return {
      cause: 'held-too-long',
      text: `the share was held for ${seconds(heldTooLongMs)} after its deadline`,
      ...firstBad(seen),
    }
  }
  return undefined
}

/** Blindness is borne this long at the step in force; then it goes back. */
export function blindPatienceMs(rollout: Rollout): number {
  return rollout.plan.steps[stepInForce(rollout)]?.kind === 'share' ? rollout.plan.watchedForMs : blindInBatchesMs
}

/** When a share that is held after its deadline goes back; epoch milliseconds. */
export function heldUntilMs(rollout: Rollout): number {
  return rollout.sinceMs + rollout.plan.deadlineMs + heldTooLongMs
}

function causeOfFailure(cause: string): Cause {
  return cause === 'crash-loop' ? 'crash-loop' : 'not-ready'
}

function firstBad(seen: RolloutSeen): { readonly firstBadAtMs?: number } {
  return seen.judgement?.firstBadAtMs === undefined ? {} : { firstBadAtMs: seen.judgement.firstBadAtMs }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

/** Failures of instances that run the new build, first by host. */
function failuresOfNewBuild(
  pool: Pool,
  rollout: Rollout,
  seen: RolloutSeen,
): readonly { readonly host: string; readonly cause: string; readonly text: string }[] {
  return instancesOf(pool, rollout).flatMap((one) => {
    const failure = isOfNewBuild(rollout, one.instance, one.host)
      ? seen.instances.get(one.instance)?.failure
      : undefined
    return failure ? [{ host: one.host, ...failure }] : []
  })
}
