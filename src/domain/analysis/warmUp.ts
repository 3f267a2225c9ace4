import { measured, slowerThan, type ArmCounts } from './counts.ts'

/**
 * How long a new instance of the service is slow only because it is new. The baseline shows it: it runs what stable runs,
 * and differs from it by its age alone.
 */
export interface WarmUp {
  /** Judged time after the start until which the baseline was seen to be slower than stable; 0 when it never was. */
  readonly coldMs: number
  /** Slices in a row in which it was as fast. */
  readonly warmSlices: number
}

/** A young instance that is slower for longer than this is no longer young. */
export const longestWarmUpMs = 300_000
/** Two slices alike are no accident: it is warm. */
const enoughWarm = 2
/** Fewer durations than these say nothing. */
const fewest = 20
const tail = 0.1
/** The baseline is cold when its share above stable's 90 % point is so many times as large, and not by chance. */
const coldTimes = 2
const sigmas = 3

export function startWarmUp(): WarmUp {
  return { coldMs: 0, warmSlices: 0 }
}

/**
 * One slice of the canary stage further, from the start on; what is known stays when the slice says nothing.
 * @param judgedMs judged time at the end of the slice
 */
export function stepWarmUp(before: WarmUp, baseline: ArmCounts, stable: ArmCounts, judgedMs: number): WarmUp {
  if (before.warmSlices >= enoughWarm || judgedMs > longestWarmUpMs) return before
  const requests = measured(baseline.durations)
  const all = measured(stable.durations)
  if (requests < fewest || all < fewest) return before
  let bucket = 0
  let slower = all - (stable.durations[0] ?? 0)
  while (slower > tail * all) {
    bucket += 1
    slower -= stable.durations[bucket] ?? 0
  }
  const usual = slower / all
  const chance = sigmas * Math.sqrt((Math.max(usual, 1 / all) * (1 - usual)) / requests)
  const isCold = slowerThan(baseline.durations, bucket) / requests > coldTimes * usual + chance
  return isCold ? { coldMs: judgedMs, warmSlices: 0 } : { ...before, warmSlices: before.warmSlices + 1 }
}
