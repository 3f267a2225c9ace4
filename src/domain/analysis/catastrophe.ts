import { startOneArm, stepOneArm, type OneArm, type OneArmSettings } from './oneArm.ts'

export type CatastropheState = OneArm

/** Length of the cells that the lane is fed with. */
export const cellMs = 1_000

/**
 * More than half of the requests failed. With a lower line ordinary hiccups would trip it (measured: at 10 %, every
 * eighth healthy rollout at the least). The cap lets no single second decide.
 */
const lane: OneArmSettings = { limit: 0.5, shifts: [1.1, 3.5], alpha: 1e-4, cap: 8, onsetMs: 60_000 }

/** The lane that waits for no slice: most requests of the canary fail. */
export function startCatastrophe(): CatastropheState {
  return startOneArm(lane)
}

/** One cell of one second of the canary further; `fired` says that the canary must go home now. */
export function judgeCell(
  state: CatastropheState,
  counts: { readonly requests: number; readonly bad: number },
): CatastropheState {
  return stepOneArm(lane, state, counts, cellMs)
}
