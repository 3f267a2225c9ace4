import { invariant } from './invariant.ts'

/**
 * An e-process that bets on several alternatives and, for each, on several moments at which the harm may begin.
 * Averages of bets that start later are bets too, so its value keeps the promise of a single one.
 */
export interface Onsets {
  /** What the bets on each alternative are worth now. */
  readonly wealth: readonly number[]
  /** How much of the mass 1 was laid on bets up to now. */
  readonly released: number
}

export interface OnsetSettings {
  /** Mass that bets from the first slice on. */
  readonly atStart: number
  /** Mass that bets from the end of the start-up on. */
  readonly afterStartUp: number
  readonly startUpMs: number
  /** The rest of the mass is released with the density a / (t + a)², a in milliseconds. */
  readonly onsetMs: number
}

// A bound from above keeps the promise (P(E ≥ 1/alpha) ≤ alpha) and numbers that can be stored.
const mostWealth = 1e12

export function startOnsets(alternatives: number): Onsets {
  return { wealth: new Array<number>(alternatives).fill(0), released: 0 }
}

/**
 * One slice further.
 * @param elapsedMs judged time before the slice
 * @param logs log e-value of the slice per alternative, already capped
 */
export function stepOnsets(settings: OnsetSettings, onsets: Onsets, elapsedMs: number, logs: readonly number[]): Onsets {
  const { atStart, afterStartUp, startUpMs, onsetMs } = settings
  const late = (1 - atStart - afterStartUp) * (elapsedMs / (elapsedMs + onsetMs))
  const released = atStart + (elapsedMs >= startUpMs ? afterStartUp : 0) + late
  invariant(released >= onsets.released && released <= 1, `released mass is ${released} after ${onsets.released}`)
  const flow = (released - onsets.released) / onsets.wealth.length
  const wealth = onsets.wealth.map((worth, k) => Math.min(mostWealth, (worth + flow) * Math.exp(logs[k]!)))
  for (const worth of wealth) invariant(worth >= 0, `wealth of a bet is ${worth}`)
  return { wealth, released }
}

/** The value of the e-process: 1 at the start, large when the null is untenable. */
export function evidenceOf(onsets: Onsets): number {
  let sum = 1 - onsets.released
  for (const worth of onsets.wealth) sum += worth
  return sum
}
