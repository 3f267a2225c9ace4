import { bucketCount, edgesMs } from './durationBuckets.ts'
import { measured, slowerThan } from './counts.ts'
import { harmInformation, proofInformation } from './information.ts'
import { harmfulLine, spreadLine, toleratedLine } from './metric.ts'
import { unmeasuredNoise, type Noise } from './noise.ts'
import type { AnalysisSettings, MetricSettings } from './settings.ts'
import { learnThreshold, slowerThanMs, type Threshold } from './thresholds.ts'

/** What is known before the start. */
export interface PlannedTraffic {
  /** Requests a second of the service, all arms together. */
  readonly rps: number
  /** Share of them that the canary gets (and its baseline as well); between 0 and 0.5. */
  readonly share: number
  /** Fraction of bad requests of the build that runs. */
  readonly baseErrorRate: number
  /** Durations of the build that runs; without it a usual shape is assumed. */
  readonly latencyHistogram?: readonly number[]
  readonly noise?: Readonly<Record<string, Noise>>
  /** Health must be proven before; default 60 min. */
  readonly deadlineMs?: number
}

/** One change that would be found: for errors `from` and `to` are rates, for latency milliseconds at the quantile. */
export interface PlannedFind {
  readonly metric: string
  readonly from: number
  readonly to: number
  /** Median until it is found; `Infinity` where it stays within what is tolerated. */
  readonly minutes: number
}

export interface PlannedFinds {
  readonly rows: readonly PlannedFind[]
  /** Health can be proven before the deadline. */
  readonly canTell: boolean
  /** Median until the health of every metric is proven. */
  readonly proofMinutes: number
}

const defaultDeadlineMs = 3_600_000
/** Slices that must agree: the cap on the evidence of one slice lets no fewer decide. */
const agreeingSlices = 4
/** Price of the later starts and of not knowing which alternative is true, in nats. */
const priceOfNotKnowing = 2.3
const errorChanges = [5, 10, 50]
const slowDowns = [1.25, 1.5, 2]

/** Exceedance of a service whose durations are log-normal with sigma 0.5: the shape assumed where nothing is known. */
function usualDurations(): number[] {
  const total = 100_000
  const counts = new Array<number>(bucketCount).fill(0)
  let before = 0
  for (let i = 0; i < edgesMs.length; i += 1) {
    const z = Math.log(edgesMs[i]! / 40) / 0.5
    const below = total / (1 + Math.exp(-1.5976 * z - 0.07056 * z ** 3))
    counts[i] = below - before
    before = below
  }
  return counts
}

function minutesToFind(settings: AnalysisSettings, metric: MetricSettings, noise: Noise, nats: number, rps: number) {
  if (nats <= 0) return Number.POSITIVE_INFINITY
  const waitMs = metric.kind === 'latency' ? 0 : settings.startUpMs
  const needed = Math.log(1 / settings.alpha) + Math.log(1 / metric.weight) + priceOfNotKnowing
  const floorMs = agreeingSlices * settings.sliceMs
  const informationMs = ((noise.phi * needed) / (nats * rps)) * 1_000
  // In the start-up only what is far above the wide line, or clear beside the baseline alone, is found.
  return Math.max(floorMs, informationMs + Math.min(waitMs, 2 * informationMs)) / 60_000
}

function minutesToProve(settings: AnalysisSettings, metric: MetricSettings, noise: Noise, nats: number, rps: number) {
  if (nats <= 0) return Number.POSITIVE_INFINITY
  const waitMs = metric.kind === 'latency' ? 0 : settings.startUpMs
  const needed = Math.log(1 / settings.beta) + Math.log(3)
  return (waitMs + Math.max(2 * settings.sliceMs, ((noise.phi * needed) / (nats * rps)) * 1_000)) / 60_000
}

function planErrors(settings: AnalysisSettings, metric: MetricSettings, noise: Noise, traffic: PlannedTraffic) {
  const base = Math.max(traffic.baseErrorRate, 1e-5)
  const groups = Math.max(1, (1 - traffic.share) / traffic.share)
  const rps = traffic.rps * traffic.share
  const line = spreadLine(toleratedLine(metric), noise, groups)
  const rows = errorChanges
    .map((times) => base * times)
    .filter((to) => to < 1)
    .map((to) => ({
      metric: metric.name,
      from: base,
      to,
      minutes: minutesToFind(settings, metric, noise, harmInformation(line, to, base, groups), rps),
    }))
  const proof = proofInformation(harmfulLine(metric), base, groups)
  return { rows, proof: minutesToProve(settings, metric, noise, proof, rps) }
}

function planLatency(
  settings: AnalysisSettings,
  metric: MetricSettings,
  noise: Noise,
  traffic: PlannedTraffic,
  durations: readonly number[],
  threshold: Threshold,
) {
  const rps = traffic.rps * traffic.share
  const requests = measured(durations)
  const from = edgesMs[threshold.bucket]!
  const base = slowerThan(durations, threshold.bucket) / requests
  const line = spreadLine(toleratedLine(metric), noise, 1, threshold)
  const rows = slowDowns.map((times) => {
    const rate = Math.min(1 - 1e-6, slowerThanMs(durations, edgesMs[threshold.slowBucket]! / times) / requests)
    const nats = harmInformation(line, rate, base, 1)
    return { metric: metric.name, from, to: from * times, minutes: minutesToFind(settings, metric, noise, nats, rps) }
  })
  const proof = proofInformation(harmfulLine(metric), base, 1)
  return { rows, proof: minutesToProve(settings, metric, noise, proof, rps) }
}

/**
 * What would be found when, before anything moves: T = start-up + phi · (ln(1/alpha) + ln(1/weight) + 2.3) / (nats per
 * canary request · canary requests a second), at least four slices. Medians, right within a factor of 2.
 */
export function planFinds(settings: AnalysisSettings, traffic: PlannedTraffic): PlannedFinds {
  const given = traffic.latencyHistogram
  const rows: PlannedFind[] = []
  let proofMinutes = 0
  for (const metric of settings.metrics) {
    const noise = traffic.noise?.[metric.name] ?? unmeasuredNoise
    const learn = (durations: readonly number[]) =>
      learnThreshold(durations, metric.quantile ?? 0.5, metric.tolerated.slower ?? 1)
    let planned: { rows: readonly PlannedFind[]; proof: number }
    if (metric.kind === 'errors') {
      planned = planErrors(settings, metric, noise, traffic)
    } else {
      const own = given === undefined ? undefined : learn(given)
      const durations = own === undefined || given === undefined ? usualDurations() : given
      const threshold = own ?? learn(durations)
      if (threshold === undefined) continue
      planned = planLatency(settings, metric, noise, traffic, durations, threshold)
    }
    rows.push(...planned.rows)
    proofMinutes = Math.max(proofMinutes, planned.proof)
  }
  const deadlineMs = traffic.deadlineMs ?? defaultDeadlineMs
  return { rows, canTell: proofMinutes * 60_000 <= deadlineMs, proofMinutes }
}
