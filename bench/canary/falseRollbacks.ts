import { clean, errorEnvironments } from './environments.ts'
import { drawErrors, learnFrom, type ErrorCase, type Known } from './errorTraffic.ts'
import { oursOnErrors } from './ours.ts'
import { prngOf } from './prng.ts'
import * as rivals from './rivals.ts'
import type { Section, SectionResult } from './section.ts'
import { mean, percent, shareOf, table, twoErrors } from './statistics.ts'

const methods = [
  'ours',
  'ours, no history',
  'Lindon-Malek',
  'Pocock z, same protections',
  'Kayenta 6x10m',
  'Argo documented',
  'Argo tuned/3',
  'Flagger documented/10',
  'Flagger tuned/5',
  'Flagger default/1',
] as const

/** Histories are shared by so many runs: learning from six hours costs as much as judging two. */
const runsPerHistory = 5

function cell(at: ErrorCase, runs: number): number[] {
  const fired = methods.map(() => [] as number[])
  let known: Known = { noise: undefined, control: { requests: 0, bad: 0 } }
  for (let run = 0; run < runs; run += 1) {
    const seed = `F1 ${at.environment.name} ${at.rps} ${at.base} ${run}`
    if (run % runsPerHistory === 0) known = learnFrom(prngOf(`${seed} history`), at)
    const traffic = drawErrors(prngOf(seed), at)
    const { noise, control } = known
    const results = [
      oursOnErrors(traffic, known).failed,
      oursOnErrors(traffic, { noise: undefined, control }).failed,
      rivals.lindonMalek(traffic, noise),
      rivals.pocock(traffic, noise),
      rivals.kayenta(traffic, noise),
      rivals.argoDocumented(traffic, noise),
      rivals.argoTuned(traffic, noise),
      rivals.flaggerDocumented(traffic, noise),
      rivals.flaggerTuned(traffic, noise),
      rivals.flaggerDefault(traffic, noise),
    ]
    results.forEach((second, k) => fired[k]!.push(second))
  }
  return fired.map(shareOf)
}

/** Worlds in which every single cell must keep the promise; in the others (slow one-sided noise) the mean must. */
function isStrict(name: string): boolean {
  return !/group noise|hiccups|spread|cold|harsh/.test(name)
}

function run(runs: number): SectionResult {
  const violations: string[] = []
  const rows: string[][] = []
  const all: number[][] = []
  for (const environment of errorEnvironments) {
    for (const rps of [1, 10, 100, 1_000]) {
      const bases = [0.001, 0.01].map((base) =>
        cell({ environment, rps, share: 0.05, base, canary: base, onset: 0, seconds: 3_600 }, runs),
      )
      rows.push([environment.name, `${rps}`, ...methods.map((_, k) => bases.map((b) => percent(b[k]!)).join(' / '))])
      for (const [i, shares] of bases.entries()) {
        all.push(shares)
        if (isStrict(environment.name) && shares[0]! > 0.01 + twoErrors(0.01, runs)) {
          violations.push(
            `F1 ${environment.name}, ${rps} rps, base ${i === 0 ? 0.1 : 1} %: ${percent(shares[0]!)} % > 1 % + 2 s.e.`,
          )
        }
      }
    }
  }
  const average = methods.map((_, k) => mean(all.map((shares) => shares[k]!)))
  rows.push(['mean of all cells', '', ...average.map(percent)])
  rows.push(['worst cell', '', ...methods.map((_, k) => percent(Math.max(...all.map((shares) => shares[k]!))))])
  if (average[0]! > 0.01) violations.push(`F1 mean of all cells is ${percent(average[0]!)} % > 1 %`)
  const text = table(['environment', 'rps', ...methods], rows)
  return { text: `% of ${runs} healthy one-hour canaries rolled back (base 0.1 % / base 1 %)\n${text}`, violations }
}

export const falseRollbacks: Section = {
  id: 'F1',
  title: 'False rollbacks, errors',
  run: (runs) => run(runs.of(400)),
}

/** A canary at the very edge of what is tolerated, any-time: the promise itself. */
export const edgeOfTolerance: Section = {
  id: 'V2',
  title: 'Rolled back at the edge of the tolerance (alpha 1 %, smooth traffic)',
  run: (counts) => {
    const runs = counts.of(2_000)
    const violations: string[] = []
    const rows: string[][] = []
    for (const base of [0.001, 0.01]) {
      for (const rps of [10, 100, 1_000]) {
        const at = {
          environment: clean,
          rps,
          share: 0.05,
          base,
          canary: 1.25 * base + 0.0005,
          onset: 0,
          seconds: 3_600,
        }
        const results: number[][] = [[], [], []]
        for (let run = 0; run < runs; run += 1) {
          const traffic = drawErrors(prngOf(`V2 ${base} ${rps} ${run}`), at)
          const smooth = { phi: 1, sigma: 0 }
          const control = { requests: rps * 1_800, bad: Math.round(rps * 1_800 * base) }
          results[0]!.push(oursOnErrors(traffic, { noise: smooth, control }).failed)
          results[1]!.push(rivals.lindonMalek(traffic, smooth))
          results[2]!.push(rivals.pocock(traffic, smooth))
        }
        const shares = results.map(shareOf)
        rows.push([`${percent(base)} %`, `${rps}`, ...shares.map(percent)])
        if (shares[0]! > 0.01 + twoErrors(0.01, runs))
          violations.push(`V2 base ${base}, ${rps} rps: ${percent(shares[0]!)} %`)
      }
    }
    const text = table(['base', 'rps', 'ours', 'Lindon-Malek', 'Pocock z'], rows)
    return { text: `% of ${runs} canaries at 1.25 x control + 0.05 pp rolled back within an hour\n${text}`, violations }
  },
}
