import { useQuery } from '@tanstack/react-query'
import type { Promotion, Slice } from '../../../src/http/contract/documents.ts'
import type { ReactNode } from 'react'
import { latency, percent } from '../../format/units.ts'
import { seriesQuery } from '../../live/queries.ts'
import { Chart } from '../../parts/chart.tsx'
import type { PlotLimit, PlotLine, PlotMark } from '../../parts/plot.tsx'
import { RoleMark } from '../../parts/roleMark.tsx'
import { Section } from '../../parts/section.tsx'
import { smooth } from './smooth.ts'

type ArmName = 'stable' | 'baseline' | 'canary'
type Quantile = 'p50' | 'p90' | 'p99'
const armNames: readonly ArmName[] = ['stable', 'baseline', 'canary']

/** Errors and latencies of the arms over time, with what is tolerated, the guards, and where each step began. */
export function MetricsSection({ promotion }: { readonly promotion: Promotion }) {
  const { data: slices = [] } = useQuery(seriesQuery(promotion.id))
  if (slices.length < 2) return null
  const times = slices.map(({ at }) => Date.parse(at))
  const arms = armNames.filter((name) => slices.some((slice) => slice[name].requests > 0))
  const marks = marksOf(promotion, slices)
  const errors = arms.map((role): PlotLine => ({ role, values: smooth(slices.map((slice) => slice[role])) }))
  const legend = arms.map((role) => (
    <span className="build" key={role}>
      <RoleMark role={role} />
      {role}
    </span>
  ))
  const charts: readonly (readonly [name: string, chart: ReactNode])[] = [
    [
      'errors',
      <Chart
        key="errors"
        title="Error rate"
        summary={summarise(errors, percent)}
        times={times}
        lines={errors}
        limits={errorLimits(promotion)}
        marks={marks}
        format={percent}
        fromZero
      />,
    ],
    ...(['p50', 'p90', 'p99'] as const).map((name) => {
      const lines = arms.map((role): PlotLine => ({ role, values: slices.map((slice) => slice[role][name]) }))
      return [
        `latency-${name}`,
        <Chart
          key={name}
          title={name}
          summary={summarise(lines, latency)}
          times={times}
          lines={lines}
          limits={latencyLimits(promotion, name)}
          marks={marks}
          format={latency}
          fromZero={false}
        />,
      ] as const
    }),
  ]
  const decided = decidedBy(promotion)
  const [first, others] = [charts.filter(([name]) => name === decided), charts.filter(([name]) => name !== decided)]
  return (
    <Section title="Metrics" note="counted at the gateway, one clock for all arms" end={legend}>
      {first.length > 0 && <div className="charts is-one">{first.map(([, chart]) => chart)}</div>}
      <div className="charts">{others.map(([, chart]) => chart)}</div>
    </Section>
  )
}

/** The measure that brought it back: its chart comes first and is as wide as the page. */
function decidedBy({ result }: Promotion): string | undefined {
  if (result === undefined || result.outcome === 'done' || result.cause === 'command') return undefined
  return result.metric?.startsWith('latency') === true ? result.metric : 'errors'
}

function errorLimits({ rollout }: Promotion): readonly PlotLimit[] {
  const { evidence } = rollout ?? {}
  const tolerated = evidence?.metrics.find(({ name }) => name === 'errors')
  const guard = evidence?.guards?.errors
  return [
    ...(tolerated && tolerated.control.requests > 0
      ? [{ value: tolerated.tolerated, label: `tolerated ${percent(tolerated.tolerated)}`, look: 'tolerated' as const }]
      : []),
    ...(guard === undefined ? [] : [{ value: guard, label: `guard ${percent(guard)}`, look: 'guard' as const }]),
  ]
}

function latencyLimits({ rollout }: Promotion, name: Quantile): readonly PlotLimit[] {
  const { evidence } = rollout ?? {}
  const threshold = evidence?.metrics.find((metric) => metric.name === `latency-${name}`)?.thresholdMs
  const guard = name === 'p99' ? evidence?.guards?.latencyP99Ms : undefined
  return [
    ...(threshold === undefined
      ? []
      : [{ value: threshold, label: `tolerated ${latency(threshold)}`, look: 'tolerated' as const }]),
    ...(guard === undefined ? [] : [{ value: guard, label: `guard ${latency(guard)}`, look: 'guard' as const }]),
  ]
}

/** Where a step began, and where it went back. */
function marksOf({ rollout, result }: Promotion, slices: readonly Slice[]): readonly PlotMark[] {
  const steps = slices.flatMap((slice, index) => {
    if (index > 0 && slices[index - 1]?.step === slice.step) return []
    const step = rollout?.plan.steps[slice.step]
    const label =
      step === undefined
        ? 'bake'
        : step.share === undefined
          ? `${step.hosts} of ${rollout?.hosts.total} hosts`
          : percent(step.share)
    return [{ atMs: Date.parse(slice.at), label }]
  })
  if (result?.at.decided === undefined || result.outcome === 'done') return steps
  return [...steps, { atMs: Date.parse(result.at.decided), label: 'rolled back' }]
}

function summarise(lines: readonly PlotLine[], format: (value: number) => string): string {
  const words = lines.map(({ role, values }) => {
    const known = values.filter((value) => value !== null)
    const last = known.at(-1)
    return last === undefined
      ? `${role} without requests`
      : `${role} ${format(last)}, at most ${format(Math.max(...known))}`
  })
  return `${words.join('; ')}.`
}
