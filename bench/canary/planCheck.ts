import { planFinds, type PlannedTraffic } from '../../src/domain/analysis/plan.ts'
import { clean } from './environments.ts'
import { drawErrors } from './errorTraffic.ts'
import { judgeLatency } from './latencySections.ts'
import { drawLatency, usualDurations } from './latencyTraffic.ts'
import { errorsOnly, latencyOnly, oursOnErrors } from './ours.ts'
import { prngOf } from './prng.ts'
import type { Section } from './section.ts'
import { quantile, seconds, table } from './statistics.ts'

interface PlanCase {
  readonly name: string
  readonly planned: number
  readonly measured: number
}

const base = 0.001

function traffic(rps: number): PlannedTraffic {
  return { rps, share: 0.05, baseErrorRate: base, latencyHistogram: usualDurations(100_000) }
}

function ofErrors(times: number, rps: number, runs: number): PlanCase {
  const to = base * times
  const row = planFinds(errorsOnly, traffic(rps)).rows.find((planned) => Math.abs(planned.to - to) < 1e-9)
  const at = { environment: clean, rps, share: 0.05, base, canary: to, onset: 0, seconds: 3_600 }
  const control = { requests: rps * 1_620, bad: Math.round(rps * 1_620 * base) }
  const found = Array.from(
    { length: runs },
    (_, run) => oursOnErrors(drawErrors(prngOf(`PL ${times} ${rps} ${run}`), at), { noise: undefined, control }).failed,
  )
  return {
    name: `errors 0.1->${to * 100} %, ${rps} rps`,
    planned: (row?.minutes ?? Number.NaN) * 60,
    measured: quantile(found, 0.5),
  }
}

function ofTail(times: number, rps: number, runs: number): PlanCase {
  const rows = planFinds(latencyOnly, traffic(rps)).rows.filter((planned) => planned.metric === 'latency-p99')
  const row = rows.find((planned) => Math.abs(planned.to / planned.from - times) < 1e-9)
  const at = {
    environment: clean,
    rps,
    share: 0.05,
    slow: { all: 1, tail: times },
    seconds: 3_600,
    base: 0,
    canaryBad: 0,
  }
  const found = Array.from({ length: runs }, (_, run) => {
    const slices = drawLatency(prngOf(`PL tail ${times} ${rps} ${run}`), prngOf('PL'), at, false)
    return judgeLatency(latencyOnly, at, slices, {}).failed
  })
  return {
    name: `p99 x${times}, ${rps} rps`,
    planned: (row?.minutes ?? Number.NaN) * 60,
    measured: quantile(found, 0.5),
  }
}

/** The plan that is shown before the start, against what then happens. */
export const planCheck: Section = {
  id: 'PL',
  title: 'The plan against measurement (nothing learned beforehand)',
  run: (counts) => {
    const runs = counts.of(200)
    const cases = [
      ofErrors(5, 100, runs),
      ofErrors(10, 100, runs),
      ofErrors(10, 1_000, runs),
      ofErrors(50, 100, runs),
      ofTail(2, 100, runs),
      ofTail(2, 1_000, runs),
    ]
    const violations: string[] = []
    const rows = cases.map(({ name, planned, measured }) => {
      const ratio = planned / measured
      if (!(ratio >= 0.5 && ratio <= 2))
        violations.push(`PL ${name}: planned ${seconds(planned)}, measured ${seconds(measured)}`)
      return [name, seconds(planned), seconds(measured), ratio.toFixed(2)]
    })
    return { text: table(['change, rps', 'planned', 'measured median', 'ratio'], rows), violations }
  },
}
