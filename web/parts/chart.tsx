import { Component, lazy, type ReactNode, Suspense, useState } from 'react'
import { clockTime } from '../format/times.ts'
import { RoleMark } from './roleMark.tsx'
import type { PlotProps } from './plot.tsx'

const Plot = lazy(async () => ({ default: (await import('./plot.tsx')).Plot }))

/** A chart with its numbers in words, in the caption and as a table. */
export function Chart(props: { readonly title: string; readonly summary: string } & Omit<PlotProps, 'onCursor'>) {
  const { title, summary, ...plot } = props
  const [at, setAt] = useState<number>()
  const [isTable, setTable] = useState(false)
  const { times, lines, format } = plot
  const valueAt = (values: readonly (number | null)[]): string => {
    const value = at === undefined ? values.findLast((one) => one !== null) : values[at]
    return value === null || value === undefined ? '–' : format(value)
  }
  return (
    <figure className="chart" aria-label={`${title}: ${summary}`}>
      <figcaption>
        <b>{title}</b>
        {at !== undefined && times[at] !== undefined && <span>{clockTime(times[at])}</span>}
        <span className="now">
          {lines.map(({ role, name = role, values }) => (
            <span key={role}>
              <RoleMark role={role} />
              <span className="vh">{name} </span>
              {valueAt(values)}
            </span>
          ))}
        </span>
      </figcaption>
      <ChartBoundary summary={summary}>
        <Suspense fallback={<div className="plot" />}>
          <Plot {...plot} onCursor={setAt} />
        </Suspense>
      </ChartBoundary>
      <details className="as-table" onToggle={({ currentTarget }) => setTable(currentTarget.open)}>
        <summary>as a table</summary>
        {isTable && <NumbersTable {...plot} title={title} />}
      </details>
    </figure>
  )
}

const mostRows = 60

function NumbersTable(props: Omit<PlotProps, 'onCursor'> & { readonly title: string }) {
  const { times, lines, format, title } = props
  const from = Math.max(0, times.length - mostRows)
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`${title} as a table`}>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ role, name = role }) => (
              <th scope="col" className="num" key={role}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.slice(from).map((at, index) => (
            <tr key={at}>
              <td>{clockTime(at)}</td>
              {lines.map(({ role, values }) => {
                const value = values[from + index]
                return (
                  <td className="num" key={role}>
                    {value === null || value === undefined ? '–' : format(value)}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A chart that cannot be drawn leaves its numbers. */
class ChartBoundary extends Component<
  { readonly summary: string; readonly children: ReactNode },
  { hasFailed: boolean }
> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children
    return <p className="plot soft">The picture cannot be drawn here. {this.props.summary}</p>
  }
}
