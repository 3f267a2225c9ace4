import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { HourSlice } from '../../../src/http/contract/catalogDocuments.ts'
import type { Promotion, ServiceDocument, Status } from '../../../src/http/contract/documents.ts'
import { latency, percent, rate } from '../../format/units.ts'
import { hourQuery } from '../../live/catalogQueries.ts'
import { Chart } from '../../parts/chart.tsx'
import { Loading } from '../../parts/loading.tsx'
import type { PlotLine, PlotMark } from '../../parts/plot.tsx'
import { Problem } from '../../parts/problem.tsx'
import { Section } from '../../parts/section.tsx'
import { mainEnvironment, releaseMarks, sayHour } from './sayService.ts'

const route = getRouteApi('/services/$name')
const sliceSeconds = 10

/** Requests, errors and latencies of the last hour, all layers together, with where builds came and went. */
export function HourSection(props: {
  readonly service: ServiceDocument
  readonly status: Status
  readonly promotions: readonly Promotion[]
}) {
  const { service, status, promotions } = props
  const { environment: wanted } = route.useSearch()
  const navigate = route.useNavigate()
  const names = service.environments.map(({ name }) => name)
  const environment = names.find((name) => name === wanted) ?? mainEnvironment(service, status)
  const hour = useQuery({ ...hourQuery(service.name, environment ?? ''), enabled: environment !== undefined })
  if (environment === undefined) return null
  const slices = hour.data ?? []
  return (
    <Section
      title="Last hour"
      note={hour.data ? sayHour(slices) : ''}
      end={
        names.length > 1 && (
          <select
            className="pick"
            aria-label="Environment of the metrics"
            value={environment}
            onChange={({ target }) =>
              void navigate({ search: { environment: target.value }, replace: true, resetScroll: false })
            }
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )
      }
    >
      {hour.isError && hour.data === undefined && <Problem error={hour.error} what="The last hour" />}
      {hour.isPending && <Loading what="the last hour" />}
      {hour.data && slices.length < 2 && (
        <p className="soft none">
          {service.name} has had no request in {environment} for 10 s yet. Requests, errors and latencies stand here in
          slices of 10 s, as the gateway counts them.
        </p>
      )}
      {slices.length >= 2 && (
        <HourCharts
          slices={slices}
          marks={releaseMarks(promotions, status.stages, environment, Date.parse(slices[0]?.at ?? ''))}
        />
      )}
    </Section>
  )
}

function HourCharts({ slices, marks }: { readonly slices: readonly HourSlice[]; readonly marks: readonly PlotMark[] }) {
  const times = useMemo(() => slices.map(({ at }) => Date.parse(at)), [slices])
  const charts = useMemo(
    () =>
      [
        ['Requests', slices.map(({ requests }) => requests / sliceSeconds), rate, true],
        ['Error rate', slices.map(({ requests, bad }) => (requests === 0 ? null : bad / requests)), percent, true],
        ['p50', slices.map(({ p50 }) => p50), latency, false],
        ['p90', slices.map(({ p90 }) => p90), latency, false],
        ['p99', slices.map(({ p99 }) => p99), latency, false],
      ] as const,
    [slices],
  )
  return (
    <div className="charts">
      {charts.map(([title, values, format, fromZero]) => {
        const lines: readonly PlotLine[] = [{ role: 'stable', name: 'all layers', values }]
        return (
          <Chart
            key={title}
            title={title}
            summary={summarise(values, format)}
            times={times}
            lines={lines}
            limits={[]}
            marks={marks}
            format={format}
            fromZero={fromZero}
          />
        )
      })}
    </div>
  )
}

function summarise(values: readonly (number | null)[], format: (value: number) => string): string {
  const known = values.filter((value) => value !== null)
  const last = known.at(-1)
  if (last === undefined) return 'no requests.'
  return `${format(last)} now, between ${format(Math.min(...known))} and ${format(Math.max(...known))} in the last hour.`
}
