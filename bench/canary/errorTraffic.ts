import { learnNoise, type Noise } from '../../src/domain/analysis/noise.ts'
import type { Counted } from '../../src/domain/analysis/metric.ts'
import { levelsOf, oldLevelsOf, type Environment } from './environments.ts'
import type { Prng } from './prng.ts'

/** What happens in a run. */
export interface ErrorCase {
  readonly environment: Environment
  readonly rps: number
  /** The canary's share, and its baseline's. */
  readonly share: number
  readonly base: number
  /** Rate of the canary at base level; the base for a healthy one. */
  readonly canary: number
  /** Second at which the canary turns from base to `canary`. */
  readonly onset: number
  readonly seconds: number
}

/** Sums from the start, per second: entry i holds what the first i seconds brought. */
export interface ArmSeries {
  readonly n: Float64Array
  readonly x: Float64Array
}

export interface ErrorTraffic {
  readonly at: ErrorCase
  readonly canary: ArmSeries
  readonly baseline: ArmSeries
  readonly stable: ArmSeries
}

export function between(series: ArmSeries, from: number, to: number): Counted {
  return { requests: series.n[to]! - series.n[from]!, bad: series.x[to]! - series.x[from]! }
}

/** Requests and bad ones of one tick; clusters add requests as retries do. */
function draw(prng: Prng, mean: number, rate: number, clusters: number): Counted {
  const requests = prng.poisson(mean)
  if (clusters === 1) return { requests, bad: prng.binomial(requests, Math.min(1, rate)) }
  const starts = prng.binomial(requests, Math.min(1, rate / clusters))
  let bad = starts
  const goOn = 1 - 1 / clusters
  for (let i = 0; i < starts; i += 1) while (prng.uniform() < goOn) bad += 1
  return { requests: requests + bad - starts, bad }
}

export function drawErrors(prng: Prng, at: ErrorCase): ErrorTraffic {
  const levels = levelsOf(prng, at.environment, 1)
  const series = (): ArmSeries => ({ n: new Float64Array(at.seconds + 1), x: new Float64Array(at.seconds + 1) })
  const traffic = { at, canary: series(), baseline: series(), stable: series() }
  const put = (arm: ArmSeries, second: number, counted: Counted): void => {
    arm.n[second + 1] = arm.n[second]! + counted.requests
    arm.x[second + 1] = arm.x[second]! + counted.bad
  }
  const { clusters } = at.environment
  for (let second = 0; second < at.seconds; second += 1) {
    const level = levels.next()
    const canary = second >= at.onset ? at.canary : at.base
    put(traffic.canary, second, draw(prng, at.rps * at.share, canary * level.canary, clusters))
    put(traffic.baseline, second, draw(prng, at.rps * at.share, at.base * level.baseline, clusters))
    put(traffic.stable, second, draw(prng, at.rps * (1 - 2 * at.share), at.base * level.stable, clusters))
  }
  return traffic
}

/** What is known before the start: noise learned from six hours of ten old groups, and the control's last half hour. */
export interface Known {
  readonly noise: Noise | undefined
  readonly control: Counted
}

const historyWindows = 2_160
const windowSeconds = 10
const oldGroups = 10

export function learnFrom(prng: Prng, at: ErrorCase): Known {
  const levels = oldLevelsOf(prng, at.environment, oldGroups, windowSeconds)
  const groups = Array.from({ length: oldGroups }, () => [] as Counted[])
  let requests = 0
  let bad = 0
  for (let window = 0; window < historyWindows; window += 1) {
    levels().forEach((level, g) => {
      const counted = draw(prng, at.rps * at.share * windowSeconds, at.base * level, at.environment.clusters)
      groups[g]!.push(counted)
      if (window >= historyWindows - 180) {
        requests += counted.requests
        bad += counted.bad
      }
    })
  }
  // The half hour of ten groups stands for that of the eighteen there are.
  const scale = (1 - 2 * at.share) / at.share / oldGroups
  return {
    noise: learnNoise(groups),
    control: { requests: Math.round(requests * scale), bad: Math.round(bad * scale) },
  }
}
