import { invariant } from '../errors.ts'

/**
 * An e-process that bets on several alternatives and, for each, on several moments at which the harm may begin.
 * Averages of bets that start later are bets too, so its value keeps the promise of a single one.
 */
export interface Onsets {
  /** Logarithm of what the bets on each alternative are worth now. */
  readonly logs: readonly number[]
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

/** Logarithm of a worth that is nothing; JSON has no −∞. */
const nothing = -700

/**
 * Logarithms of worths as they are stored: rounded down to a hundred-thousandth, which only ever understates the evidence, and
 * bounded from above, which keeps the promise P(E ≥ 1/alpha) ≤ alpha as well.
 */
export function stored(log: number, most: number): number {
  if (Number.isNaN(log)) invariant(false, 'the evidence of a slice is not a number')
  return Math.max(nothing, Math.min(most, Math.floor(log * 1e5) / 1e5))
}

const mostWorth = 28

export function startOnsets(alternatives: number): Onsets {
  return { logs: new Array<number>(alternatives).fill(nothing), released: 0 }
}

/**
 * One slice further.
 * @param elapsedMs judged time before the slice
 * @param evidence log e-value of the slice per alternative, already capped
 */
export function stepOnsets(
  settings: OnsetSettings,
  onsets: Onsets,
  elapsedMs: number,
  evidence: readonly number[],
): Onsets {
  const { atStart, afterStartUp, startUpMs, onsetMs } = settings
  const late = (1 - atStart - afterStartUp) * (elapsedMs / (elapsedMs + onsetMs))
  const target = atStart + (elapsedMs >= startUpMs ? afterStartUp : 0) + late
  if (!(target <= 1)) invariant(false, `released mass is ${target} after ${elapsedMs} ms`)
  const released = Math.max(onsets.released, Math.floor(target * 1e7) / 1e7)
  const flow = (released - onsets.released) / onsets.logs.length
  const logs = onsets.logs.map((log, k) => stored(Math.log(Math.exp(log) + flow) + evidence[k]!, mostWorth))
  return { logs, released }
}

/** The value of the e-process: 1 at the start, large when the null is untenable. */
export function evidenceOf(onsets: Onsets): number {
  let sum = 1 - onsets.released
  for (const log of onsets.logs) sum += Math.exp(log)
  return sum
}
