import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useId } from 'react'
import type { TrafficNow } from '../../../src/http/contract/documents.ts'
import { percent, rate } from '../../format/units.ts'
import { trafficQuery } from '../../live/queries.ts'
import { Sparkline } from '../../parts/sparkline.tsx'

/** So many seconds make the rate that is shown: short enough to follow, long enough to read. */
const rateSeconds = 10

/** The name of a service, whose it is, and what it carries now. */
export function ServiceCell(props: { readonly name: string; readonly owner: string; readonly environment: string }) {
  const { name, owner, environment } = props
  const id = useId()
  return (
    <div
      className="cell svc"
      role="rowheader"
      aria-labelledby={id}
      data-row=""
      data-command={`./cofferdam service show ${name}`}
      tabIndex={-1}
    >
      <h3 id={id}>
        <Link to="/services/$name" params={{ name }} className="quiet">
          {name}
        </Link>
      </h3>
      <p>{owner}</p>
      <Load name={name} environment={environment} />
    </div>
  )
}

function Load({ name, environment }: { readonly name: string; readonly environment: string }) {
  const select = useCallback(
    (traffic: TrafficNow) => traffic.services.find((one) => one.service === name && one.environment === environment),
    [name, environment],
  )
  const { data } = useQuery({ ...trafficQuery, select })
  const last = (values: readonly number[]): number => values.slice(-rateSeconds).reduce((sum, value) => sum + value, 0)
  const requests = data ? last(data.requests) : 0
  const words = data
    ? `${rate(requests / rateSeconds)} · ${requests === 0 ? '–' : percent(last(data.bad) / requests)}`
    : ' '
  return (
    <>
      <p className="load" title="requests a second and errors, in the last 10 seconds">
        {words}
      </p>
      <Sparkline
        values={data?.requests ?? []}
        label={`${name}: requests a second in the last minute, ${data ? rate(requests / rateSeconds) : 'none'} now`}
      />
    </>
  )
}
