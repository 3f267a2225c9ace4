import { CircleSlash } from 'lucide-react'
import { memo } from 'react'
import type { SeenRequest } from '../../../src/http/contract/catalogDocuments.ts'
import { latency } from '../../format/units.ts'
import { type Role, RoleMark } from '../../parts/roleMark.tsx'
import { ClockTime } from '../../parts/timeAgo.tsx'
import { isBad, requestKey } from './whySteps.ts'

/** One request: when, what, who answered what, how long it took, who asked. */
export const RequestRow = memo(function RequestRow(props: {
  readonly request: SeenRequest
  readonly isChosen: boolean
  readonly onChoose: (key: string | undefined) => void
}) {
  const { request, isChosen, onChoose } = props
  const toggle = (): void => onChoose(isChosen ? undefined : requestKey(request))
  const { at, method, route, status, ms, caller, service, layer, host, refused } = request
  return (
    <tr className={isChosen ? 'sel' : ''} onClick={toggle}>
      <td className="c-time">
        <ClockTime at={at} />
      </td>
      <td className="c-path">
        <button
          type="button"
          className="rowlink"
          aria-expanded={isChosen}
          onClick={(event) => {
            // The row answers to the pointer anywhere; once is enough.
            event.stopPropagation()
            toggle()
          }}
        >
          <span className="meth">{method}</span> {route}
        </button>
      </td>
      <td className="c-by">
        {refused === null ? (
          <span className="by">
            <RoleMark role={roleOf(layer)} />
            {service}
            {layer !== null && layer !== 'stable' && `, ${layer}`}
            <span className="muted"> {host}</span>
          </span>
        ) : (
          <span className="by bad">
            <CircleSlash className="i i-s" aria-hidden="true" />
            gateway, {refused}
          </span>
        )}
      </td>
      <td className={isBad(request) ? 'num c-code bad' : 'num c-code'}>{status}</td>
      <td className="num c-ms">{latency(ms)}</td>
      <td className="c-from">{caller ?? 'from outside'}</td>
    </tr>
  )
})

function roleOf(layer: string | null): Role {
  if (layer === 'canary' || layer === 'batch') return 'canary'
  return layer === 'baseline' ? 'baseline' : 'stable'
}
