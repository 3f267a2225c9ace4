import type { BuildRef } from '../catalog/buildRef.ts'
import type { Settings } from '../catalog/setting.ts'
import type { Cause } from '../rollout/rollout.ts'
import type { TestResult } from '../test/test.ts'

export type PromotionPhase = 'waiting' | 'moving' | 'done' | 'rolling-back' | 'rolled-back' | 'aborted' | 'superseded'

/** One stage of one promotion's trip. */
export interface StageTrip {
  readonly name: string
  readonly kind: 'test' | 'canary' | 'production'
  readonly environment: string
  readonly phase: 'pending' | 'running' | 'passed' | 'failed'
  readonly startedAtMs?: number
  readonly endedAtMs?: number
  /** The rollout that brought the build into the stage's environment; canary and production share one. */
  readonly rollout?: string
  readonly tests: readonly TestResult[]
  /** The last try to run its tests could not run one: that says nothing about the build. */
  readonly trouble?: TestTrouble
}

/** Why a test gave no result, and how often in a row. */
export interface TestTrouble {
  readonly tries: number
  readonly atMs: number
  readonly text: string
}

/** How a promotion ended. */
export interface PromotionResult {
  readonly outcome: 'done' | 'rolled-back' | 'aborted'
  readonly stage: string
  readonly cause?: Cause
  readonly metric?: string
  readonly text: string
  readonly canary?: { readonly requests: number; readonly bad: number }
  readonly control?: { readonly requests: number; readonly bad: number }
  readonly tolerated?: number
  readonly at: {
    readonly firstBadMs?: number
    readonly decidedMs?: number
    readonly appliedMs?: number
  }
}

/** One candidate's way through the pipeline, from the first stage to the last or back. */
export interface Promotion {
  readonly id: string
  readonly service: string
  readonly build: BuildRef
  /** Revision of the configuration that it began with and keeps. */
  readonly organisation: string
  /** A way back: environment → the settings that its hosts had there, instead of those of the configuration. */
  readonly settings?: Readonly<Record<string, Settings>>
  /** `deploy` goes through the stages; `rollback` is one shift in production without a canary. */
  readonly kind: 'deploy' | 'rollback'
  readonly emergency?: { readonly reason: string; readonly incident: string; readonly closedBy?: string }
  readonly phase: PromotionPhase
  readonly stages: readonly StageTrip[]
  readonly requestedBy: string
  readonly requestedAtMs: number
  /** The keyed request that asked for it: saved with it, so that a repeat finds it also when its answer was not. */
  readonly requestKey?: string
  readonly endedAtMs?: number
  /** Asked for by a person; taken at the next pass. */
  readonly wish?: {
    readonly kind: 'abort' | 'rollback'
    readonly by: string
    readonly reason: string
    readonly atMs: number
    readonly requestKey?: string
  }
  /** Rollouts that take environments back after the promotion failed: environment → id of the present try. */
  readonly returns: Readonly<Record<string, string>>
  /** A person let it end although an environment could not be taken back. */
  readonly leftAs?: { readonly by: string; readonly reason: string; readonly atMs: number }
  readonly result?: PromotionResult
  /** What was seen during it is no longer kept since then. */
  readonly forgottenAtMs?: number
}

/** The promotion has not ended. */
export function isUnderWay(promotion: Promotion): boolean {
  return promotion.phase === 'waiting' || promotion.phase === 'moving' || promotion.phase === 'rolling-back'
}
