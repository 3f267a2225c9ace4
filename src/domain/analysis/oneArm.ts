import { invariant } from '../errors.ts'
import { evidenceOf, startOnsets, stepOnsets, type Onsets } from './onsets.ts'
import { shiftedRate } from './bet.ts'

/** An e-process of one arm against an absolute limit: "at most `limit` of its requests are bad". */
export interface OneArm {
  readonly onsets: Onsets
  readonly elapsedMs: number
  readonly requests: number
  readonly bad: number
  /** Once fired it stays fired: what was found does not become untrue because traffic went away. */
  readonly fired: boolean
}

export interface OneArmSettings {
  /** Fraction of bad requests that is still allowed, between 0 and 1. */
  readonly limit: number
  /** Alternatives, as shifts of the limit on the logit scale. */
  readonly shifts: readonly number[]
  /** Chance to fire at all when the limit is kept. */
  readonly alpha: number
  /** Most that one step may add to the logarithm of the evidence, so that several steps must agree. */
  readonly cap: number
  readonly onsetMs: number
}

export function startOneArm(settings: OneArmSettings): OneArm {
  return { onsets: startOnsets(settings.shifts.length), elapsedMs: 0, requests: 0, bad: 0, fired: false }
}

/** One step further, over `ms` milliseconds; a step without requests is no time. */
export function stepOneArm(
  settings: OneArmSettings,
  arm: OneArm,
  counts: { readonly requests: number; readonly bad: number },
  ms: number,
): OneArm {
  const { requests, bad } = counts
  invariant(requests >= 0 && bad >= 0 && bad <= requests, `${bad} bad of ${requests} requests`)
  invariant(ms > 0, `a step is ${ms} ms long`)
  if (requests === 0) return arm
  const { limit, cap } = settings
  const logs = settings.shifts.map((shift) => {
    const rate = shiftedRate(limit, shift)
    return Math.min(cap, bad * Math.log(rate / limit) + (requests - bad) * Math.log((1 - rate) / (1 - limit)))
  })
  const mass = { atStart: 0.3, afterStartUp: 0, startUpMs: 0, onsetMs: settings.onsetMs }
  const onsets = stepOnsets(mass, arm.onsets, arm.elapsedMs, logs)
  return {
    onsets,
    elapsedMs: arm.elapsedMs + ms,
    requests: arm.requests + requests,
    bad: arm.bad + bad,
    fired: arm.fired || evidenceOf(onsets) >= 1 / settings.alpha,
  }
}
