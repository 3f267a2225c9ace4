import { clean, mild } from './environments.ts'
import { drawErrors, learnFrom, type ErrorCase, type Known } from './errorTraffic.ts'
import { errorsOnly, oursOnErrors } from './ours.ts'
import { prngOf } from './prng.ts'
import type { Section } from './section.ts'
import { found, percent, quantile, shareOf, table, twoErrors } from './statistics.ts'

const cases: readonly (readonly [base: number, rps: number, share: number])[] = [
  [0.001, 10, 0.25],
  [0.001, 100, 0.05],
  [0.001, 100, 0.1],
  [0.001, 1_000, 0.05],
  [0.01, 10, 0.1],
  [0.01, 100, 0.05],
  [0.01, 1_000, 0.05],
]

function proofs(id: string, at: ErrorCase, runs: number): number[] {
  let known: Known = { noise: undefined, control: { requests: 0, bad: 0 } }
  return Array.from({ length: runs }, (_, run) => {
    const seed = `${id} ${at.environment.name} ${at.rps} ${at.base} ${at.share} ${at.canary} ${run}`
    if (run % 5 === 0) known = learnFrom(prngOf(`${seed} history`), at)
    return oursOnErrors(drawErrors(prngOf(seed), at), known, errorsOnly, true).proven
  })
}

/** Health proven when it is there, and not proven exactly at the harm line. */
export const promotion: Section = {
  id: 'P1',
  title: 'Proof of health, errors ("not worse than 2 x control + 0.1 pp")',
  run: (counts) => {
    const runs = counts.of(300)
    const violations: string[] = []
    const rows = cases.map(([base, rps, share]) => {
      const line = 2 * base + 0.001
      const at = { environment: clean, rps, share, base, canary: base, onset: 0, seconds: 3_600 }
      const healthy = proofs('P1', at, runs)
      const inMild = proofs('P1', { ...at, environment: mild }, runs)
      const harmful = shareOf(proofs('P1', { ...at, canary: line }, runs))
      if (harmful > 0.05 + twoErrors(0.05, runs)) {
        violations.push(
          `P1 base ${base}, ${rps} rps, ${share}: ${percent(harmful)} % proven at the harm line > 5 % + 2 s.e.`,
        )
      }
      // 10 min without protections; the start-up minute and the learned roughness come on top.
      if (base === 0.001 && rps === 100 && share === 0.05 && quantile(healthy, 0.5) > 780) {
        violations.push('P1 base 0.1 %, 100 rps, 5 %: median above 13 min')
      }
      return [
        `${percent(base)} %, ${rps}, ${percent(share)} %`,
        `${percent(line)} %`,
        found(healthy),
        found(inMild),
        `${percent(harmful)} %`,
      ]
    })
    const header = ['base, rps, share', 'harm line', 'clean: median/p95', 'mild: median/p95', 'proven at the harm line']
    return { text: `within an hour, without the minimum time (${runs} runs)\n${table(header, rows)}`, violations }
  },
}
