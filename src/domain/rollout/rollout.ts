import type { BuildRef } from '../catalog/buildRef.ts'
import type { Settings } from '../catalog/setting.ts'
import { invariant } from '../errors.ts'

export type RolloutPhase =
  /** The instances that the step needs are started; traffic is still as before the step. */
  | 'preparing'
  /** The route table of the step is on its way to the gateways. */
  | 'shifting'
  /** The step is in force and watched. */
  | 'holding'
  /** Every host runs the new build; the way back is still open. */
  | 'baking'
  | 'complete'
  | 'rolling-back'
  | 'rolled-back'

export type Step =
  /** A share of requests (or sessions) goes to guests of the new build, the same to a baseline. */
  | { readonly kind: 'share'; readonly share: number; readonly minimumMs: number }
  /** So many hosts run the new build. */
  | { readonly kind: 'hosts'; readonly hosts: number; readonly minimumMs: number }

export interface RolloutPlan {
  readonly steps: readonly Step[]
  readonly bakeMs: number
  readonly keepPrevious: 'until-bake' | 'none'
  /** `analysis`: arms are compared, health is proven. `guards`: absolute limits only. `facts`: readiness and crashes only. */
  readonly watch: 'analysis' | 'guards' | 'facts'
  readonly watchedForMs: number
  /** Per share step; then a hold for a person. */
  readonly deadlineMs: number
}

export type Cause =
  | 'test'
  | 'analysis'
  | 'catastrophe'
  | 'guard'
  | 'crash-loop'
  | 'not-ready'
  | 'unwatched'
  | 'cannot-see'
  | 'held-too-long'
  | 'command'

/** Why a rollout goes back, and the numbers that said so. */
export interface Return {
  readonly cause: Cause
  readonly metric?: string
  readonly text: string
  readonly canary?: { readonly requests: number; readonly bad: number }
  readonly control?: { readonly requests: number; readonly bad: number }
  readonly tolerated?: number
  readonly decidedAtMs: number
  /** When the first bad answer of the new build was counted; the cell's end. */
  readonly firstBadAtMs?: number
  /** The gateways' time of the table that took the new build out; absent where it had no traffic. */
  readonly appliedAtMs?: number
  /** The step whose layers stay in force until the traffic can go back; −1 is "as before the rollout". */
  readonly inForce: number
  /** Every live gateway has that table. */
  readonly confirmed: boolean
  /** Traffic is back on the old build; false only while no host of the old build can serve. */
  readonly shifted: boolean
}

/** One service, one environment, one change from one build to another. */
export interface Rollout {
  readonly id: string
  readonly promotion: string
  readonly environment: string
  readonly service: string
  readonly from: BuildRef
  readonly to: BuildRef
  /** What instances of either side get, where it is known. */
  readonly fromSettings?: Settings
  readonly toSettings?: Settings
  /** Hosts of the pool. */
  readonly hosts: number
  readonly plan: RolloutPlan
  readonly phase: RolloutPhase
  /** Index into `plan.steps`. */
  readonly step: number
  /** When the present phase began. */
  readonly sinceMs: number
  readonly startedAtMs: number
  readonly endedAtMs?: number
  /** Asked for by a person or by the promotion; taken at the next pass. */
  readonly wish?: { readonly kind: 'back'; readonly cause: Cause; readonly text: string; readonly atMs: number }
  /** A person let the present step pass; the index of that step. */
  readonly passedStep?: number
  /** The keyed request that let it pass: a repeat must not pass the step after. */
  readonly passedKey?: string
  readonly back?: Return
}

/** The rollout still owns traffic or instances of its pool. */
export function isActive(rollout: Rollout): boolean {
  return rollout.phase !== 'complete' && rollout.phase !== 'rolled-back'
}

/** Guests of one arm at a share: enough for the share, at least one. */
export function guestCount(share: number, hosts: number): number {
  return Math.max(1, Math.ceil(share * hosts - 1e-9))
}

/** The step in force or on its way. */
export function presentStep(rollout: Rollout): Step {
  const step = rollout.plan.steps[rollout.step]
  invariant(step, `${rollout.id} has no step ${rollout.step}`)
  return step
}

/** The next step replaces hosts: only the full proof of health leads there. */
export function isLastShare(rollout: Rollout): boolean {
  return rollout.plan.steps[rollout.step + 1]?.kind !== 'share'
}

/** A person let the step before the present one pass although it was held, or the present one already. */
export function wasPassed(rollout: Rollout): boolean {
  return rollout.passedStep !== undefined && rollout.passedStep >= rollout.step - 1
}
