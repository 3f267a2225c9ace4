import type { Noise } from '../../src/domain/analysis/noise.ts'
import { between, type ErrorTraffic } from './errorTraffic.ts'
import { isHigh } from './kayenta.ts'
import { logGamma } from './prng.ts'

/** A method: the second at which it rolls back, or Infinity. */
export type Rival = (traffic: ErrorTraffic, noise: Noise | undefined) => number

const alpha = 0.01
const rho = 1.25
const delta = 0.0005
const never = Number.POSITIVE_INFINITY

function control(traffic: ErrorTraffic, from: number, to: number) {
  const a = between(traffic.baseline, from, to)
  const b = between(traffic.stable, from, to)
  return { requests: a.requests + b.requests, bad: a.bad + b.bad }
}

/**
 * Dirichlet Bayes factor on "on which arm did a failure fall" (arXiv 2011.03567), k = 100, with the realised split and
 * the same tolerance as ours, one-sided.
 */
export const lindonMalek: Rival = (traffic) => {
  const k = 100
  for (let second = 1; second <= traffic.at.seconds; second += 1) {
    const canary = between(traffic.canary, 0, second)
    const other = control(traffic, 0, second)
    const errors = canary.bad + other.bad
    if (errors === 0 || other.requests === 0) continue
    const rate = (other.bad + 0.5) / (other.requests + 1)
    const tolerated = (rho * rate + delta) / rate
    const weight = (tolerated * canary.requests) / (tolerated * canary.requests + other.requests)
    if (weight <= 0 || weight >= 1 || canary.bad <= weight * errors) continue
    const a = k * weight
    const b = k * (1 - weight)
    const log =
      logBeta(a + canary.bad, b + other.bad) -
      logBeta(a, b) -
      canary.bad * Math.log(weight) -
      other.bad * Math.log(1 - weight)
    if (log >= Math.log(1 / alpha)) return second
  }
  return never
}

function logBeta(a: number, b: number): number {
  const gamma = (z: number): number => (z < 1 ? logGamma(z + 1) - Math.log(z) : logGamma(z))
  return gamma(a) + gamma(b) - gamma(a + b)
}

/**
 * Group-sequential z-test with Pocock's constant for 360 looks every 10 s, given the same tolerance, roughness, spread
 * and start-up as ours, and at least 5 errors: the honest rival.
 */
export const pocock: Rival = (traffic, noise) => {
  const startUp = 60
  const { phi, sigma } = noise ?? { phi: 1, sigma: 0.1 }
  const times = Math.max(rho, Math.exp(2.58 * sigma * Math.sqrt(1 + 1 / 19)))
  for (let second = startUp + 10; second <= traffic.at.seconds; second += 10) {
    const canary = between(traffic.canary, startUp, second)
    const other = control(traffic, startUp, second)
    if (canary.bad < 5 || other.requests === 0) continue
    const c = canary.bad / canary.requests
    const b = other.bad / other.requests
    // Variance at the edge of the tolerance: a score test, the fastest of its kind.
    const edge = times * b + delta
    const spread = (edge * (1 - edge)) / canary.requests + (times * times * b * (1 - b)) / other.requests
    if (c - edge >= 3.318 * Math.sqrt(phi * spread)) return second
  }
  return never
}

/** Knows both rates: the sequential ratio test that nothing can beat on average. */
export const oracle: Rival = (traffic) => {
  const { base, canary } = traffic.at
  const tolerated = rho * base + delta
  let log = 0
  for (let second = traffic.at.onset + 1; second <= traffic.at.seconds; second += 1) {
    const { requests, bad } = between(traffic.canary, second - 1, second)
    log += bad * Math.log(canary / tolerated) + (requests - bad) * Math.log((1 - canary) / (1 - tolerated))
    if (log >= Math.log(1 / alpha)) return second
  }
  return never
}

/** Kayenta: a point a minute, canary against its baseline, judged every 10 minutes over all points; errors critical. */
export const kayenta: Rival = (traffic) => {
  const canary: number[] = []
  const baseline: number[] = []
  for (let minute = 1; minute * 60 <= traffic.at.seconds; minute += 1) {
    const a = between(traffic.canary, (minute - 1) * 60, minute * 60)
    const b = between(traffic.baseline, (minute - 1) * 60, minute * 60)
    // Percent, because the root search of the judge is absolute; minutes without requests have no value.
    if (a.requests > 0) canary.push((100 * a.bad) / a.requests)
    if (b.requests > 0) baseline.push((100 * b.bad) / b.requests)
    if (minute % 10 === 0 && isHigh(canary, baseline)) return minute * 60
  }
  return never
}

interface Check {
  readonly level: number
  readonly everySeconds: number
}

function failedChecks(traffic: ErrorTraffic, check: Check, emptyFails: boolean, limit: number): number {
  let failed = 0
  for (let second = check.everySeconds; second <= traffic.at.seconds; second += check.everySeconds) {
    const { requests, bad } = between(traffic.canary, second - check.everySeconds, second)
    const fails = requests === 0 ? emptyFails : bad / requests > check.level
    if (fails) failed += 1
    if (failed >= limit) return second
  }
  return never
}

function tunedLevel(traffic: ErrorTraffic): number {
  return traffic.at.base >= 0.01 ? 0.015 : 0.01
}

/** Argo Rollouts: the run fails when more than `failureLimit` measurements failed; no value is guarded as in its docs. */
export const argoDocumented: Rival = (traffic) => failedChecks(traffic, { level: 0.05, everySeconds: 300 }, false, 4)
export const argoTuned: Rival = (traffic) =>
  failedChecks(traffic, { level: tunedLevel(traffic), everySeconds: 60 }, false, 4)
export const argoDefault: Rival = (traffic) =>
  failedChecks(traffic, { level: tunedLevel(traffic), everySeconds: 60 }, false, 1)

/** Flagger: rolls back at the start of the interval after the threshold; no value is a failed check. */
function flagger(level: number, threshold: number): Rival {
  return (traffic) => failedChecks(traffic, { level, everySeconds: 60 }, true, threshold) + 60
}
export const flaggerDocumented: Rival = flagger(0.01, 10)
export const flaggerTuned: Rival = (traffic, noise) => flagger(tunedLevel(traffic), 5)(traffic, noise)
export const flaggerDefault: Rival = (traffic, noise) => flagger(tunedLevel(traffic), 1)(traffic, noise)
