import type { ArmCounts } from '../../src/domain/analysis/counts.ts'
import { learnNoise, type Noise } from '../../src/domain/analysis/noise.ts'
import type { Counted } from '../../src/domain/analysis/metric.ts'
import { defaultAnalysis } from '../../src/domain/analysis/settings.ts'
import { learnThreshold } from '../../src/domain/analysis/thresholds.ts'
import { levelsOf, oldLevelsOf, type Environment } from './environments.ts'
import { cumulative, drawDurations, slowedShare, type SlowDown } from './latencyShape.ts'
import { bucketCount, edgesMs } from '../../src/domain/analysis/durationBuckets.ts'
import type { Prng } from './prng.ts'

export interface LatencyCase {
  readonly environment: Environment
  readonly rps: number
  readonly share: number
  readonly slow: SlowDown
  readonly seconds: number
  /** Bad events: of everyone, and of the canary; both 0 where only durations matter. */
  readonly base: number
  readonly canaryBad: number
}

/** Durations in slices of 10 s. */
export interface LatencySlice {
  readonly canary: ArmCounts
  readonly baseline: ArmCounts
  readonly stable: ArmCounts
}

export const sliceSeconds = 10
const unchanged: SlowDown = { all: 1, tail: 1 }

/** Tables by level, in steps of half a percent: finer than anything that is told apart. */
const tables = new Map<string, Float64Array>()

function tableOf(level: number, slow: SlowDown): Float64Array {
  const step = Math.round(Math.log(level * slow.all) * 200)
  const key = `${step} ${slow.tail}`
  const known = tables.get(key)
  if (known !== undefined) return known
  const made = cumulative({ all: Math.exp(step / 200), tail: slow.tail })
  if (tables.size > 2_000) tables.clear()
  tables.set(key, made)
  return made
}

/** What the build that runs looks like: a hundred thousand durations in proportion. */
export function usualDurations(requests: number): number[] {
  const counts = new Array<number>(bucketCount).fill(0)
  let before = 1
  edgesMs.forEach((edge, i) => {
    const share = slowedShare(edge, unchanged)
    counts[i] = Math.round(requests * (before - share))
    before = share
  })
  counts[bucketCount - 1] = Math.round(requests * before)
  return counts
}

/** One run, slice by slice; `stable` has no durations unless somebody needs them, they are dear. */
export function drawLatency(prng: Prng, errors: Prng, at: LatencyCase, withStable: boolean): LatencySlice[] {
  const levels = levelsOf(prng, at.environment, sliceSeconds)
  const slices: LatencySlice[] = []
  const arm = (mean: number, level: number, slow: SlowDown, bad: number, wanted: boolean): ArmCounts => {
    const requests = prng.poisson(mean * sliceSeconds)
    const durations = wanted ? drawDurations(prng, requests, tableOf(level, slow)) : []
    return { requests, bad: errors.binomial(requests, bad), durations }
  }
  for (let second = 0; second < at.seconds; second += sliceSeconds) {
    const level = levels.next()
    slices.push({
      canary: arm(at.rps * at.share, level.canary, at.slow, at.canaryBad, true),
      baseline: arm(at.rps * at.share, level.baseline, unchanged, at.base, true),
      stable: arm(at.rps * (1 - 2 * at.share), level.stable, unchanged, at.base, withStable),
    })
  }
  return slices
}

/** Noise of each latency metric, learned from six hours of ten old groups. */
export function learnLatency(prng: Prng, at: LatencyCase): Readonly<Record<string, Noise>> {
  const levels = oldLevelsOf(prng, at.environment, 10, sliceSeconds)
  const durations = usualDurations(100_000)
  const metrics = defaultAnalysis.metrics.filter((metric) => metric.kind === 'latency')
  const thresholds = metrics.map((m) => learnThreshold(durations, m.quantile ?? 0.5, m.tolerated.slower ?? 1)!)
  const windows = metrics.map(() => Array.from({ length: 10 }, () => [] as Counted[]))
  for (let window = 0; window < 2_160; window += 1) {
    levels().forEach((level, group) => {
      const requests = prng.poisson(at.rps * at.share * sliceSeconds)
      thresholds.forEach((threshold, k) => {
        const share = slowedShare(edgesMs[threshold.bucket]!, { all: level, tail: 1 })
        windows[k]![group]!.push({ requests, bad: prng.binomial(requests, share) })
      })
    })
  }
  const noise: Record<string, Noise> = {}
  metrics.forEach((metric, k) => {
    const learned = learnNoise(windows[k]!)
    if (learned !== undefined) noise[metric.name] = learned
  })
  return noise
}
