import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import type { SeenRequest } from '../../../src/http/contract/catalogDocuments.ts'
import type { EnvironmentDocument, Explanation } from '../../../src/http/contract/documents.ts'
import { latency } from '../../format/units.ts'
import { quote } from '../../format/quote.ts'
import { explainQuery } from '../../live/catalogQueries.ts'
import { CommandLine } from '../../parts/commandLine.tsx'
import { ClockTime } from '../../parts/timeAgo.tsx'
import { requestKey, sayAnswer, whySteps } from './whySteps.ts'

/** Why a request went where it went: the steps as they were, the one that decided filled; and where it would go now. */
export function WhyDrawer(props: {
  readonly request: SeenRequest
  /** What else was asked on behalf of the same visit. */
  readonly others: readonly SeenRequest[]
  readonly doors: EnvironmentDocument['doors']
  readonly onChoose: (key: string) => void
  readonly onClose: () => void
}) {
  const { request, others, doors, onChoose, onClose } = props
  const { id, at, method, route, status, ms, caller, layer, host, service } = request
  const door = doors.find((one) => one.caller === caller)
  const url = `${door?.address ?? ''}${route}`
  const explained = useQuery({ ...explainQuery(method, url), enabled: door !== undefined })
  return (
    <Drawer id={id} title={`${method} ${route}`} onClose={onClose}>
      <p className="strong say-why">{sayAnswer(request)}</p>
      <ol className="steps">
        {whySteps(request).map(({ rule, text, look }, index) => (
          <li
            key={`${rule} ${index}`}
            className={look}
            {...(look === 'hit' || look === 'deny' ? { 'aria-current': 'step' as const } : {})}
          >
            <span className="n">{index + 1}</span>
            <span className={look === 'skip' ? 'skip-step' : ''}>
              <b>{rule}</b>: {text}.
            </span>
          </li>
        ))}
      </ol>
      <h3>Request</h3>
      <dl className="kv">
        <dt>ended</dt>
        <dd>
          <ClockTime at={at} />, after {latency(ms)}
        </dd>
        <dt>status</dt>
        <dd>{status}</dd>
        <dt>called by</dt>
        <dd>
          {caller ?? 'somebody outside'}
          {door !== undefined && (
            <>
              , at <code>{door.address.replace('http://', '')}</code>
            </>
          )}
        </dd>
        <dt>answered by</dt>
        <dd>{host === null ? 'no host' : `${service}, ${layer ?? 'no layer'}, host ${host}`}</dd>
        <dt>id</dt>
        <dd>
          <code>{id}</code>
        </dd>
      </dl>
      {others.length > 0 && (
        <>
          <h3>The same visit met</h3>
          <ul className="layer-list">
            {others.map((other) => (
              <li key={requestKey(other)}>
                <button type="button" className="link" onClick={() => onChoose(requestKey(other))}>
                  {other.service}
                </button>{' '}
                <span className="muted">
                  <code>
                    {other.method} {other.route}
                  </code>{' '}
                  {other.status} in {latency(other.ms)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>One like it now</h3>
      <p className="soft">
        {explained.data
          ? sayNow(explained.data)
          : explained.isError
            ? explained.error.message
            : 'The gateway is asked.'}
      </p>
      <CommandLine command={`./cofferdam explain ${method} ${quote(url)}`} />
      {host !== null && (
        <CommandLine command={`./cofferdam logs ${service} --environment ${request.environment} --host ${host}`} />
      )}
    </Drawer>
  )
}

/** A request that an old address names and no gateway keeps. */
export function MissingRequest({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  return (
    <Drawer id={id} title={id} onClose={onClose}>
      <p className="soft say-why">
        No gateway keeps this request any more. Of each service the last 1,000 failed ones are kept, and the last 1,000
        of the others; a gateway that was started again begins anew.
      </p>
    </Drawer>
  )
}

function Drawer(props: {
  readonly id: string
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const { id, title, onClose, children } = props
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    // Who chose a row by keyboard is taken to the answer; a live update or a reload takes nobody anywhere.
    if (document.activeElement?.matches('.rowlink:focus-visible')) place.current?.focus()
  }, [id])
  return (
    <aside
      ref={place}
      className="drawer why"
      aria-label="Why this answer"
      tabIndex={-1}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onClose()
      }}
    >
      <div className="sec">
        <h2>Why</h2>
        <p className="mono">{title}</p>
        <span className="end">
          <button type="button" className="icon-btn" aria-label="Close the explanation" onClick={onClose}>
            <X className="i i-s" aria-hidden="true" />
          </button>
        </span>
      </div>
      {children}
    </aside>
  )
}

function sayNow({ service, environment, build, layer, host, status }: Explanation): string {
  if (service === null || build === null) return `Refused with ${status}: ${environment} has no service for it.`
  return `${service} in ${environment}: build ${build}, layer ${layer}, host ${host ?? 'none'}. Shares are drawn anew for each request.`
}
