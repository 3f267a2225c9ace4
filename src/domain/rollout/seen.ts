import { presentStep, type Cause, type Rollout } from './rollout.ts'

/** All that a rollout may know of the world in one pass. */
export interface RolloutSeen {
  /** Instance id → what is known; an instance that does not exist has no entry. */
  readonly instances: ReadonlyMap<
    string,
    {
      readonly ready: boolean
      readonly failure?: { readonly cause: string; readonly text: string }
      readonly exits: number
    }
  >
  readonly traffic: {
    /** Every live gateway has the table compiled from what is stored now. */
    readonly inSync: boolean
    /** The latest of the gateways' times of applying it. */
    readonly appliedAtMs?: number
    /** Gateways that have not answered for 10 s. */
    readonly silent: readonly string[]
    /** Silent gateway → its last answer; epoch milliseconds. */
    readonly silentSinceMs?: Readonly<Record<string, number>>
  }
  /** Absent before the first judged slice. */
  readonly judgement?: JudgementSeen
}

/** What the analysis says at this moment. */
export interface JudgementSeen {
  readonly verdict: 'pass' | 'fail' | 'not-enough-data' | 'cannot-see'
  /** Strength of the evidence of harm; at `limit` it goes back. */
  readonly harm: number
  /** 1/alpha, rounded. */
  readonly limit: number
  /** Harm is suspected: nothing moves up. */
  readonly suspected: boolean
  readonly worst: string
  readonly provenCoarse: boolean
  readonly proven: boolean
  /** Time at the step in force that counts: with requests to judge; where only guards watch, all that was watched. */
  readonly judgedMs: number
  /** All time that was watched at the step in force, with requests or without. */
  readonly watchedMs?: number
  /** Judged time that a batch needs so that its young hosts are compared when they are warm; 0 when that makes no difference. */
  readonly warmUpMs: number
  /** What is missing for a proof, in words. */
  readonly missing: string
  /** Present: it must go back, and why. */
  readonly fail?: {
    readonly cause: Cause
    readonly metric?: string
    readonly text: string
    readonly canary?: { readonly requests: number; readonly bad: number }
    readonly control?: { readonly requests: number; readonly bad: number }
    readonly tolerated?: number
  }
  readonly firstBadAtMs?: number
  /** Since when no cell could be judged. */
  readonly blindSinceMs?: number
  /** Why what is measured cannot be trusted, where it is not simply missing. */
  readonly blindBecause?: { readonly gateway: string; readonly text: string }
  /** Nobody renewed the watch of the share in time: the gateway has sent it to stable. */
  readonly unwatched: boolean
}

/** Judged time counts where there is a judge; else time on the clock since the step came into force. */
export function timeAtStep(rollout: Rollout, seen: RolloutSeen, nowMs: number): number {
  return rollout.plan.watch === 'facts' ? nowMs - rollout.sinceMs : (seen.judgement?.judgedMs ?? 0)
}

/** Time that must pass before the step in force, or the bake, may end: a batch whose young hosts are slow has to see them warm. */
export function minimumAt(rollout: Rollout, judgement: JudgementSeen | undefined): number {
  if (rollout.phase === 'baking') return rollout.plan.bakeMs
  const step = presentStep(rollout)
  const warmUpMs = step.kind === 'hosts' && rollout.plan.watch !== 'facts' ? (judgement?.warmUpMs ?? 0) : 0
  return Math.max(step.minimumMs, warmUpMs)
}
