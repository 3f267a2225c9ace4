import type { AnalysisSettings } from '../../src/domain/analysis/settings.ts'
import type { Noise } from '../../src/domain/analysis/noise.ts'
import { startJudge } from '../../src/domain/analysis/judge.ts'
import { defaultAnalysis } from '../../src/domain/analysis/settings.ts'
import { clean, harshLatency, latencyEnvironments, mildLatency } from './environments.ts'
import {
  drawLatency,
  learnLatency,
  sliceSeconds,
  usualDurations,
  type LatencyCase,
  type LatencySlice,
} from './latencyTraffic.ts'
import * as rivals from './latencyRivals.ts'
import { latencyOnly, runSlices, type Outcome } from './ours.ts'
import { prngOf } from './prng.ts'
import type { Section, SectionResult } from './section.ts'
import { found, mean, percent, quantile, shareOf, table } from './statistics.ts'

const unchanged = { all: 1, tail: 1 }

/** Our judge over a run of durations (and errors, if the settings have them). */
export function judgeLatency(
  settings: AnalysisSettings,
  at: LatencyCase,
  slices: readonly LatencySlice[],
  noise: Readonly<Record<string, Noise>>,
  stopWhenProven = false,
): Outcome {
  const requests = Math.round(at.rps * (1 - 2 * at.share) * 1_800)
  const durations = usualDurations(100_000)
  const start = startJudge(settings, { control: { requests, bad: Math.round(requests * at.base), durations }, noise })
  return runSlices(settings, start, at.seconds, (from) => slices[from / sliceSeconds]!, stopWhenProven)
}

const methods = [
  'ours',
  'ours, no history',
  'Netflix DKW',
  'DKW + tolerance + 180 s',
  'Kayenta 6x10m',
  'Argo 1.5xp99/3',
  'Flagger 500 ms/5',
] as const

function cell(id: string, at: LatencyCase, runs: number): number[][] {
  const times = methods.map(() => [] as number[])
  let noise: Readonly<Record<string, Noise>> = {}
  for (let run = 0; run < runs; run += 1) {
    const seed = `${id} ${at.environment.name} ${at.rps} ${at.slow.all} ${at.slow.tail} ${run}`
    if (run % 5 === 0) noise = learnLatency(prngOf(`${seed} history`), at)
    const slices = drawLatency(prngOf(seed), prngOf(`${seed} errors`), at, true)
    const results = [
      judgeLatency(latencyOnly, at, slices, noise).failed,
      judgeLatency(latencyOnly, at, slices, {}).failed,
      rivals.netflixDkw(slices),
      rivals.netflixDkwTolerant(slices),
      rivals.kayenta(slices),
      rivals.argo(slices),
      rivals.flagger(slices),
    ]
    results.forEach((second, k) => times[k]!.push(second))
  }
  return times
}

function falseLatency(runs: number): SectionResult {
  const rows: string[][] = []
  const all: number[][] = []
  for (const environment of latencyEnvironments) {
    for (const rps of [10, 100, 1_000]) {
      const at = { environment, rps, share: 0.05, slow: unchanged, seconds: 3_600, base: 0, canaryBad: 0 }
      const shares = cell('F2', at, runs).map(shareOf)
      all.push(shares)
      rows.push([environment.name, `${rps}`, ...shares.map(percent)])
    }
  }
  const average = methods.map((_, k) => mean(all.map((shares) => shares[k]!)))
  const worst = methods.map((_, k) => Math.max(...all.map((shares) => shares[k]!)))
  rows.push(['mean of all cells', '', ...average.map(percent)], ['worst cell', '', ...worst.map(percent)])
  const violations: string[] = []
  if (average[0]! > 0.01) violations.push(`F2 mean ${percent(average[0]!)} % > 1 %`)
  // One run of a short benchmark is more than 3 %.
  if (worst[0]! > Math.max(0.03, 1 / runs)) violations.push(`F2 worst cell ${percent(worst[0]!)} % > 3 %`)
  return {
    text: `% of ${runs} healthy one-hour canaries rolled back\n${table(['environment', 'rps', ...methods], rows)}`,
    violations,
  }
}

export const falseRollbacksLatency: Section = {
  id: 'F2',
  title: 'False rollbacks, latency (control: the baseline alone)',
  run: (runs) => falseLatency(runs.of(100)),
}

const changes = [
  { name: 'all x1.1', slow: { all: 1.1, tail: 1 } },
  { name: 'p99 x1.5', slow: { all: 1, tail: 1.5 } },
  { name: 'p99 x2', slow: { all: 1, tail: 2 } },
  { name: 'all x1.5', slow: { all: 1.5, tail: 1 } },
]

/** Against an equal-size baseline p99 x2 takes longer than against all of production (5.5 and 2.2 min there). */
const limits: Readonly<Record<number, number>> = { 100: 480, 1_000: 132 }

export const detectionLatency: Section = {
  id: 'D2',
  title: 'Detection, latency (control: the baseline alone)',
  run: (counts) => {
    const runs = counts.of(100)
    const violations: string[] = []
    const rows: string[][] = []
    for (const environment of [clean, mildLatency]) {
      for (const { name, slow } of changes) {
        for (const rps of [10, 100, 1_000]) {
          const at = { environment, rps, share: 0.05, slow, seconds: 3_600, base: 0, canaryBad: 0 }
          const times = cell('D2', at, runs)
          rows.push([environment.name, name, `${rps}`, ...times.map(found)])
          const limit = limits[rps]
          if (name === 'p99 x2' && environment === clean && limit !== undefined && quantile(times[0]!, 0.5) > limit) {
            violations.push(`D2 p99 x2, ${rps} rps: median above ${limit / 60} min`)
          }
        }
      }
    }
    return {
      text: `median/p95 until rolled back (${runs} runs)\n${table(['environment', 'change', 'rps', ...methods], rows)}`,
      violations,
    }
  },
}

/** All four metrics at once, as the product judges. */
export const fullJudge: Section = {
  id: 'F3',
  title: 'The full judge: false rollbacks and proof of health, defaults of the product',
  run: (counts) => {
    const runs = counts.of(200)
    const violations: string[] = []
    let failed = 0
    const rows: string[][] = []
    for (const environment of [clean, mildLatency, harshLatency]) {
      for (const rps of [10, 100, 1_000]) {
        const at = { environment, rps, share: 0.05, slow: unchanged, seconds: 3_600, base: 0.001, canaryBad: 0.001 }
        const outcomes: Outcome[] = []
        let noise: Readonly<Record<string, Noise>> = {}
        for (let run = 0; run < runs; run += 1) {
          const seed = `F3 ${environment.name} ${rps} ${run}`
          if (run % 5 === 0) noise = { ...learnLatency(prngOf(`${seed} history`), at), errors: { phi: 1, sigma: 0 } }
          const slices = drawLatency(prngOf(seed), prngOf(`${seed} errors`), at, false)
          outcomes.push(judgeLatency(defaultAnalysis, at, slices, noise))
        }
        const share = shareOf(outcomes.map((outcome) => outcome.failed))
        failed += share / 9
        rows.push([
          environment.name,
          `${rps}`,
          percent(share),
          found(outcomes.map((o) => o.coarse)),
          found(outcomes.map((o) => o.proven)),
        ])
      }
    }
    if (failed > 0.01) violations.push(`F3 ${percent(failed)} % > 1 %`)
    const header = ['environment', 'rps', '% rolled back', 'coarse proof', 'proof of health']
    return { text: `${runs} healthy one-hour canaries each; median/p95\n${table(header, rows)}`, violations }
  },
}
