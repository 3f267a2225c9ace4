import type { ArmCounts } from './counts.ts'
import { slowerThan, measured } from './counts.ts'
import { bucketOf } from './durationBuckets.ts'
import { startOneArm, stepOneArm, type OneArm, type OneArmSettings } from './oneArm.ts'
import type { GuardSettings } from './settings.ts'

/** The guards that count requests: absolute limits of the new build, judged so that few requests cannot trip them. */
export interface GuardsState {
  readonly errors: OneArm
  readonly latencyP99: OneArm
}

const guardAlpha = 1e-3

function arm(limit: number): OneArmSettings {
  const cap = Math.log(2 / guardAlpha) / 3
  return { limit, shifts: [0.2, 0.5, 1, 2], alpha: guardAlpha, cap, onsetMs: 60_000 }
}

/** p99 above the limit means: more than this share of the requests is slower than the limit. */
const slowerThanP99 = 0.01

export function startGuards(settings: GuardSettings): GuardsState {
  return { errors: startOneArm(arm(settings.errors)), latencyP99: startOneArm(arm(slowerThanP99)) }
}

/** One slice of `ms` milliseconds of the new build further. */
export function judgeGuards(settings: GuardSettings, state: GuardsState, canary: ArmCounts, ms: number): GuardsState {
  const slow = slowerThan(canary.durations, bucketOf(settings.latencyP99Ms))
  return {
    errors: stepOneArm(arm(settings.errors), state.errors, canary, ms),
    latencyP99: stepOneArm(
      arm(slowerThanP99),
      state.latencyP99,
      { requests: measured(canary.durations), bad: slow },
      ms,
    ),
  }
}

/** The name of the guard that fired, as in the settings. */
export function firedGuard(state: GuardsState): 'errors' | 'latency-p99' | undefined {
  if (state.errors.fired) return 'errors'
  if (state.latencyP99.fired) return 'latency-p99'
  return undefined
}

/** One reading of the memory of one instance. */
export interface MemorySample {
  readonly atMs: number
  readonly bytes: number
}

const samplesInARow = 3
/** Samples closer together count as one: three readings of one moment are one reading. */
const samplesApartMs = 5_000
/** Timers fire a little early. */
const apartSlackMs = 250

/**
 * Whether an instance was at or above the limit in 3 samples in a row, each at least 5 s after the one before.
 * @param samples of one instance, oldest first
 */
export function memoryExceeded(limitBytes: number, samples: readonly MemorySample[]): boolean {
  let inARow = 0
  let lastMs = Number.NEGATIVE_INFINITY
  for (const sample of samples) {
    if (sample.bytes < limitBytes) {
      inARow = 0
      lastMs = Number.NEGATIVE_INFINITY
    } else if (sample.atMs - lastMs >= samplesApartMs - apartSlackMs) {
      inARow += 1
      lastMs = sample.atMs
      if (inARow >= samplesInARow) return true
    }
  }
  return false
}

/**
 * Whether an instance (or a host) ended `times` times within the window that ends now.
 * @param exitsAtMs epoch ms of its exits, in any order
 */
export function crashLoops(settings: GuardSettings['crashes'], exitsAtMs: readonly number[], nowMs: number): boolean {
  const recent = exitsAtMs.filter((atMs) => atMs > nowMs - settings.withinMs && atMs <= nowMs)
  return recent.length >= settings.times
}
