import { useQuery } from '@tanstack/react-query'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { count } from '../../format/units.ts'
import { requestsQuery, type SeenRequest } from '../../live/queries.ts'
import { ClockTime } from '../../parts/timeAgo.tsx'
import { Section } from '../../parts/section.tsx'
import { findShared } from './findShared.ts'

const shownFailures = 8

/** Where to look: what the failed requests of the new build share and its others do not, with counts for both. */
export function FindingsSection({ promotion }: { readonly promotion: Promotion }) {
  const { data = [] } = useQuery(requestsQuery(promotion.id))
  const own = data.filter((request) => isOfNewBuild(request, promotion))
  const failed = own.filter(isBad)
  if (failed.length === 0) return null
  const good = own.filter((request) => !isBad(request))
  const ofOld = data.filter((request) => isOfOldBuild(request, promotion) && !isBad(request))
  // Where every request of the new build failed, only those of the old one can tell what sets them apart.
  const isAlone = good.length === 0
  const whose = isAlone ? 'those of the old build' : 'others of the same build'
  const others = isAlone ? ofOld : good
  // The old build has hosts of its own: that they are others says nothing.
  const findings = findShared(failed, others).filter(({ what }) => !isAlone || what !== 'host')
  return (
    <Section title="Where to look" note="what the failed requests share and others do not; others are a sample">
      <table className="rows stack">
        <thead>
          <tr>
            <th scope="col">Finding</th>
            <th scope="col" className="num">
              In failed requests
            </th>
            <th scope="col" className="num">
              In {whose}
            </th>
          </tr>
        </thead>
        <tbody>
          {findings.map(({ what, value, ...counts }) => (
            <tr key={`${what} ${value}`}>
              <td className="lead">
                {what} <code>{value}</code>
              </td>
              <td className="num" data-l="failed">
                {count(counts.failed)} of {count(counts.failedOf)}
              </td>
              <td className="num" data-l="others">
                {counts.othersOf === 0 ? 'there are none' : `${count(counts.others)} of ${count(counts.othersOf)}`}
              </td>
            </tr>
          ))}
          {findings.length === 0 && (
            <tr>
              <td colSpan={3} className="soft">
                Nothing sets them apart: neither route, method, status, caller nor host.
              </td>
            </tr>
          )}
        </tbody>
      </table>
      <details>
        <summary>The last failed requests</summary>
        <ul className="list">
          {failed.slice(0, shownFailures).map((request) => (
            <li key={request.id}>
              <span>
                <ClockTime at={request.at} />{' '}
                <code>
                  {request.method} {request.route}
                </code>{' '}
                {request.status} in {Math.round(request.ms)} ms, host {request.host ?? '–'}, from{' '}
                {request.caller ?? 'the front door'}, <code className="muted">{request.id}</code>
              </span>
            </li>
          ))}
        </ul>
      </details>
    </Section>
  )
}

function isBad({ status }: SeenRequest): boolean {
  return status >= 500 || status === 0
}

/** Of the layers beside it, in the same minutes. */
function isOfOldBuild({ layer, at }: SeenRequest, { requestedAt, endedAt }: Promotion): boolean {
  return (layer === 'stable' || layer === 'baseline') && at >= requestedAt && (endedAt === undefined || at <= endedAt)
}

/** Of its layers, and while it was there: a later promotion of the same service uses the same names. */
function isOfNewBuild({ layer, at }: SeenRequest, { requestedAt, endedAt }: Promotion): boolean {
  return (layer === 'canary' || layer === 'batch') && at >= requestedAt && (endedAt === undefined || at <= endedAt)
}
