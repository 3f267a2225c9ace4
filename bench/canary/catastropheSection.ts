import { judgeCell, startCatastrophe } from '../../src/domain/analysis/catastrophe.ts'
import { clean, errorEnvironments, harsh, mild, type Environment } from './environments.ts'
import { between, drawErrors, type ErrorCase } from './errorTraffic.ts'
import { prngOf } from './prng.ts'
import type { Section } from './section.ts'
import { found, percent, quantile, shareOf, table } from './statistics.ts'

const hiccups = errorEnvironments.find((environment) => environment.hiccups === 50)!

function fires(at: ErrorCase, seed: string): number {
  const traffic = drawErrors(prngOf(seed), at)
  let state = startCatastrophe()
  for (let second = 0; second < at.seconds; second += 1) {
    state = judgeCell(state, between(traffic.canary, second, second + 1))
    if (state.fired) return second + 1
  }
  return Number.POSITIVE_INFINITY
}

/** The lane for total failure, on by default: how fast, and how often wrongly. */
export const catastropheLane: Section = {
  id: 'CL',
  title: 'The lane of the catastrophe at 15 canary requests a second',
  run: (counts) => {
    const runs = counts.of(300)
    const violations: string[] = []
    const time = (canary: number, onset: number): number[] =>
      Array.from({ length: runs }, (_, run) => {
        const at = { environment: clean, rps: 300, share: 0.05, base: 0.001, canary, onset, seconds: onset + 60 }
        return fires(at, `CL ${canary} ${onset} ${run}`) - onset
      })
    const quick = [
      ['95 % errors at once', time(0.95, 0)],
      ['everything after a healthy minute', time(1, 60)],
      ['everything after 20 healthy minutes', time(1, 1_200)],
      ['60 % errors at once', time(0.6, 0)],
    ] as const
    if (quantile(quick[0][1], 0.5) > 2) violations.push('CL 95 % errors: median above 2 s')
    if (quantile(quick[1][1], 0.95) > 3) violations.push('CL after a healthy minute: p95 above 3 s')
    const rows = quick.map(([name, times]) => [name, found(times)])
    for (const environment of [clean, mild, harsh, hiccups] as readonly Environment[]) {
      for (const base of [0.001, 0.01]) {
        const at = { environment, rps: 300, share: 0.05, base, canary: base, onset: 0, seconds: 3_600 }
        const share = shareOf(
          Array.from({ length: runs }, (_, run) => fires(at, `CL ${environment.name} ${base} ${run}`)),
        )
        // At 1 % an incident and a hiccup at once fail every request for seconds: that is no false alarm.
        if (base === 0.001 && share > 0.01) {
          violations.push(`CL ${environment.name}, base ${base}: ${percent(share)} % fired`)
        }
        rows.push([`healthy hour, ${environment.name}, base ${percent(base)} %`, `${percent(share)} % fired`])
      }
    }
    return { text: `seconds, median/p95 (${runs} runs)\n${table(['case', 'fires'], rows)}`, violations }
  },
}
