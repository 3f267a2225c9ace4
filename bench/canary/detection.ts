import { twoArmInformation } from '../../src/domain/analysis/information.ts'
import { clean, mild, type Environment } from './environments.ts'
import { drawErrors, learnFrom, type ErrorCase, type Known } from './errorTraffic.ts'
import { oursOnErrors } from './ours.ts'
import { prngOf } from './prng.ts'
import * as rivals from './rivals.ts'
import type { Section, SectionResult } from './section.ts'
import { found, mean, quantile, seconds, shareOf, table } from './statistics.ts'

const methods = [
  'ours',
  'ours, no history',
  'oracle SPRT',
  'Lindon-Malek',
  'Pocock z, same prot.',
  'Kayenta 6x10m',
  'Argo documented',
  'Argo tuned/3',
  'Flagger doc./10',
  'Flagger tuned/5',
  'Flagger default/1',
] as const

/** Rows of 5.3: base, canary, requests a second. */
const changes: readonly (readonly [base: number, canary: number, rps: number])[] = [
  [0.001, 0.005, 100],
  [0.001, 0.005, 1_000],
  [0.001, 0.01, 10],
  [0.001, 0.01, 100],
  [0.001, 0.01, 1_000],
  [0.001, 0.05, 10],
  [0.001, 0.05, 100],
  [0.001, 0.05, 1_000],
  [0.001, 0.5, 100],
  [0.01, 0.02, 10],
  [0.01, 0.02, 100],
  [0.01, 0.02, 1_000],
]

/** Seconds that no method can beat on average: ln(1/alpha) over the nats a second. */
function boundSeconds(at: ErrorCase): number {
  const nats = twoArmInformation({ rho: 1.25, delta: 0.0005 }, at.canary, at.base, (1 - at.share) / at.share)
  return Math.log(100) / (nats * at.rps * at.share)
}

function cell(id: string, at: ErrorCase, runs: number): number[][] {
  const times = methods.map(() => [] as number[])
  let known: Known = { noise: undefined, control: { requests: 0, bad: 0 } }
  for (let run = 0; run < runs; run += 1) {
    const seed = `${id} ${at.environment.name} ${at.rps} ${at.base} ${at.canary} ${run}`
    if (run % 5 === 0) known = learnFrom(prngOf(`${seed} history`), at)
    const traffic = drawErrors(prngOf(seed), at)
    const { noise, control } = known
    const results = [
      oursOnErrors(traffic, known).failed,
      oursOnErrors(traffic, { noise: undefined, control }).failed,
      rivals.oracle(traffic, noise),
      rivals.lindonMalek(traffic, noise),
      rivals.pocock(traffic, noise),
      rivals.kayenta(traffic, noise),
      rivals.argoDocumented(traffic, noise),
      rivals.argoTuned(traffic, noise),
      rivals.flaggerDocumented(traffic, noise),
      rivals.flaggerTuned(traffic, noise),
      rivals.flaggerDefault(traffic, noise),
    ]
    results.forEach((second, k) => times[k]!.push(second))
  }
  return times
}

function label(at: ErrorCase): string {
  return `${at.base * 100}->${at.canary * 100} %, ${at.rps}`
}

const most = (times: readonly number[]): number => mean(times.map((t) => Math.min(t, 3_600)))

function limitsOf(at: ErrorCase, times: readonly number[], runs: number): string[] {
  const violations: string[] = []
  const ratio = most(times) / boundSeconds(at)
  const named = `D1 ${label(at)} rps clean`
  // A short benchmark sees a few runs: its mean gets two standard errors of an exponential time.
  const slack = runs >= 200 ? 1 : 1 + 2 / Math.sqrt(runs)
  const limit =
    at.rps !== 100 ? undefined : at.canary === 0.005 ? 2 : at.canary === 0.02 ? 2 : at.canary === 0.01 ? 2.9 : undefined
  if (limit !== undefined && ratio > limit * slack)
    violations.push(`${named}: x${ratio.toFixed(1)} of the bound > ${limit}`)
  if (at.rps === 1_000 && at.canary === 0.05 && quantile(times, 0.95) > 40) violations.push(`${named}: p95 above 40 s`)
  return violations
}

function detect(runs: number): SectionResult {
  const violations: string[] = []
  const parts: string[] = []
  for (const environment of [clean, mild] as const satisfies readonly Environment[]) {
    const rows = changes.map(([base, canary, rps]) => {
      const at = { environment, rps, share: 0.05, base, canary, onset: 0, seconds: 3_600 }
      const times = cell('D1', at, runs)
      if (environment === clean) violations.push(...limitsOf(at, times[0]!, runs))
      const bad = mean(times[0]!.map((t) => Math.min(t, 3_600) * rps * 0.05 * canary))
      const ratio = most(times[0]!) / boundSeconds(at)
      return [label(at), seconds(boundSeconds(at)), ...times.map(found), bad.toFixed(0), `x${ratio.toFixed(1)}`]
    })
    const header = ['change, rps', 'bound', ...methods, 'bad requests (ours)', 'mean/bound (ours)']
    parts.push(`${environment.name}: median/p95 until rolled back (${runs} runs)\n${table(header, rows)}`)
  }
  return { text: parts.join('\n\n'), violations }
}

export const detection: Section = { id: 'D1', title: 'Detection, errors', run: (runs) => detect(runs.of(300)) }

export const lateOnset: Section = {
  id: 'D3',
  title: 'A regression that begins after 20 minutes',
  run: (counts) => {
    const runs = counts.of(200)
    const violations: string[] = []
    const rows = [0.005, 0.01, 0.05].map((canary) => {
      const at = { environment: clean, rps: 1_000, share: 0.05, base: 0.001, canary, onset: 1_200, seconds: 3_600 }
      const times = cell('D3', at, runs).map((all) => all.map((t) => (t < 1_200 ? 0 : t - 1_200)))
      if (canary === 0.01 && quantile(times[0]!, 0.5) > 100)
        violations.push('D3 0.1->1 %, 1000 rps: median above 100 s')
      if (shareOf(times[0]!) < 1) violations.push(`D3 ${label(at)}: not always found`)
      return [label(at), seconds(boundSeconds(at)), ...times.map(found)]
    })
    return {
      text: `delay after onset, median/p95 (${runs} runs)\n${table(['change, rps', 'bound', ...methods], rows)}`,
      violations,
    }
  },
}
