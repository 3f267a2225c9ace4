import { judgeSlice, startJudge } from '../../src/domain/analysis/judge.ts'
import { defaultAnalysis } from '../../src/domain/analysis/settings.ts'
import { clean } from './environments.ts'
import { drawLatency, usualDurations } from './latencyTraffic.ts'
import { prngOf } from './prng.ts'
import type { Section } from './section.ts'
import { table } from './statistics.ts'

/** What one slice costs, and how much is remembered after an hour. */
export const cost: Section = {
  id: 'R1',
  title: 'State and time of the full judge (four metrics, two guards)',
  run: () => {
    const at = {
      environment: clean,
      rps: 100,
      share: 0.05,
      slow: { all: 1, tail: 1 },
      seconds: 3_600,
      base: 0.001,
      canaryBad: 0.001,
    }
    const slices = drawLatency(prngOf('R1'), prngOf('R1 errors'), at, true)
    const history = { control: { requests: 100_000, bad: 100, durations: usualDurations(100_000) } }
    let state = startJudge(defaultAnalysis, history)
    let again = startJudge(defaultAnalysis, history)
    let microseconds = Number.POSITIVE_INFINITY
    for (let round = 0; round < 12; round += 1) {
      state = startJudge(defaultAnalysis, history)
      const start = process.cpuUsage()
      slices.forEach((slice, i) => {
        state = judgeSlice(
          defaultAnalysis,
          state,
          { n: i, fromMs: i * 10_000, toMs: (i + 1) * 10_000, ...slice },
          'canary',
        )
      })
      microseconds = Math.min(microseconds, process.cpuUsage(start).user / slices.length)
    }
    slices.forEach((slice, i) => {
      const numbered = { n: i, fromMs: i * 10_000, toMs: (i + 1) * 10_000, ...slice }
      again = judgeSlice(defaultAnalysis, again, numbered, 'canary')
      if (i % 7 === 6)
        again = judgeSlice(defaultAnalysis, JSON.parse(JSON.stringify(again)) as typeof again, numbered, 'canary')
    })
    const metricBytes = JSON.stringify(state.metrics).length
    const bytes = JSON.stringify(state).length
    const violations: string[] = []
    if (JSON.stringify(again) !== JSON.stringify(state)) violations.push('R1 replay gives another state')
    if (metricBytes > 2_048) violations.push(`R1 the metrics' state is ${metricBytes} bytes > 2048`)
    const rows = [[`${metricBytes}`, `${bytes}`, `${microseconds.toFixed(1)}`, 'identical']]
    return {
      text: table(['bytes of the metrics', 'bytes in all', 'CPU µs per slice', 'restart with replay'], rows),
      violations,
    }
  },
}
