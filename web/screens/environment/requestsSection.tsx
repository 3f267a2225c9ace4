import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Pause, Play } from 'lucide-react'
import { type KeyboardEvent, useCallback, useRef, useState } from 'react'
import type { SeenRequest } from '../../../src/http/contract/catalogDocuments.ts'
import type { EnvironmentDocument } from '../../../src/http/contract/documents.ts'
import { clockTime } from '../../format/times.ts'
import { requestsOfQuery, searchQuery } from '../../live/catalogQueries.ts'
import { connection } from '../../live/connection.ts'
import { useValue } from '../../live/valueStore.ts'
import { Loading } from '../../parts/loading.tsx'
import { Problem } from '../../parts/problem.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusBadge } from '../../parts/statusBadge.tsx'
import { CommandLine } from '../../parts/commandLine.tsx'
import type { EnvironmentSearch } from '../../router.tsx'
import { RequestRow } from './requestRow.tsx'
import { useStillList } from './stillList.ts'
import { MissingRequest, WhyDrawer } from './whyDrawer.tsx'
import { requestKey } from './whySteps.ts'

const route = getRouteApi('/environments/$name')

/** Requests as they come, each with its why. Nothing moves under the pointer, and nothing while one is looked at. */
export function RequestsSection({ environment }: { readonly environment: EnvironmentDocument }) {
  const { service, show, follow, req } = route.useSearch()
  const navigate = route.useNavigate()
  const [isTouched, setTouched] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const isFollowing = follow !== 'off'
  const narrowed = { ...(service === undefined ? {} : { service }), ...(show === 'failed' ? { failed: true } : {}) }
  const requests = useQuery({
    ...requestsOfQuery(environment.name, narrowed),
    enabled: isFollowing || req !== undefined,
  })
  const list = useStillList(requests.data ?? [], isTouched || req !== undefined || !isFollowing, `${service} ${show}`)
  const chosen = useChosen(environment.name, req, list.shown)

  const choose = useCallback(
    (key: string | undefined): void => {
      void navigate({
        search: (was) => (key === undefined ? leaveOut(was, 'req') : { ...was, req: key }),
        replace: true,
        resetScroll: false,
      })
    },
    [navigate],
  )
  const close = (): void => {
    place.current?.querySelector<HTMLElement>('tr.sel .rowlink')?.focus()
    choose(undefined)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key === 'Escape' && req !== undefined) close()
    else if (event.key === 'ArrowDown' || event.key === 'j') moveFocus(place.current, 1)
    else if (event.key === 'ArrowUp' || event.key === 'k') moveFocus(place.current, -1)
    else return
    event.preventDefault()
  }

  return (
    <div className={req === undefined ? 'cols' : 'cols with-why'}>
      <div
        ref={place}
        className="req-place"
        onKeyDown={onKeyDown}
        onPointerEnter={() => setTouched(true)}
        onPointerLeave={() => setTouched(false)}
        onFocus={() => setTouched(true)}
        onBlur={() => setTouched(false)}
      >
        <Section
          title="Requests"
          note="failed ones, and at most 20 a second of the others"
          end={<RequestsFilter services={environment.services.map(({ name }) => name)} isStill={list.isStill} />}
        >
          {requests.isError && requests.data === undefined ? (
            <Problem error={requests.error} what="The list of requests" />
          ) : requests.isPending && isFollowing ? (
            <Loading what="recent requests" />
          ) : (
            <RequestTable
              list={list.shown}
              waiting={list.waiting}
              onShowNew={list.showNew}
              chosen={req}
              onChoose={choose}
            />
          )}
          <CommandLine command={commandFor(environment.name, narrowed)} />
        </Section>
      </div>
      {chosen.kind === 'found' && (
        <WhyDrawer
          request={chosen.request}
          others={chosen.others}
          doors={environment.doors}
          onChoose={choose}
          onClose={close}
        />
      )}
      {chosen.kind === 'missing' && <MissingRequest id={req?.split('~')[0] ?? ''} onClose={close} />}
    </div>
  )
}

type Chosen =
  | { readonly kind: 'none' | 'missing' }
  | { readonly kind: 'found'; readonly request: SeenRequest; readonly others: readonly SeenRequest[] }

/** The request of the address: in the list, else wherever a gateway still keeps it. */
function useChosen(environment: string, key: string | undefined, list: readonly SeenRequest[]): Chosen {
  const listed = list.find((one) => requestKey(one) === key)
  const seen = useRef<SeenRequest>(undefined)
  if (listed !== undefined) seen.current = listed
  const known = listed ?? (seen.current && requestKey(seen.current) === key ? seen.current : undefined)
  const isSought = key !== undefined && known === undefined
  const { data: kept } = useQuery({
    ...searchQuery(environment, key?.split('~')[1] ?? '', key ?? ''),
    enabled: isSought,
  })
  if (key === undefined) return { kind: 'none' }
  const request = known ?? kept?.find((one) => requestKey(one) === key)
  if (!request) return { kind: kept === undefined ? 'none' : 'missing' }
  const others = (isSought ? (kept ?? []) : list).filter((one) => one.id === request.id && one !== request)
  return { kind: 'found', request, others: others.filter((one) => requestKey(one) !== key) }
}

function RequestsFilter({ services, isStill }: { readonly services: readonly string[]; readonly isStill: boolean }) {
  const { service = '', show, follow } = route.useSearch()
  const navigate = route.useNavigate()
  const isOff = follow === 'off'
  const Icon = isOff ? Play : Pause
  return (
    <>
      <span className="following">
        <Following isOff={isOff} isStill={isStill} />
      </span>
      <button
        type="button"
        className="btn btn-s"
        onClick={() =>
          void navigate({
            search: (was) => (isOff ? leaveOut(was, 'follow') : { ...was, follow: 'off' }),
            replace: true,
            resetScroll: false,
          })
        }
      >
        <Icon className="i i-s" aria-hidden="true" />
        {isOff ? 'Follow' : 'Pause'}
      </button>
      <button
        type="button"
        className="btn btn-s"
        aria-pressed={show === 'failed'}
        onClick={() =>
          void navigate({
            search: (was) => (was.show === 'failed' ? leaveOut(was, 'show') : { ...was, show: 'failed' }),
            replace: true,
            resetScroll: false,
          })
        }
      >
        {show === 'failed' ? 'Show all' : 'Failed only'}
      </button>
      <select
        className="pick"
        aria-label="Service"
        value={service}
        onChange={({ target }) =>
          void navigate({
            search: (was) => (target.value === '' ? leaveOut(was, 'service') : { ...was, service: target.value }),
            replace: true,
            resetScroll: false,
          })
        }
      >
        <option value="">all services</option>
        {services.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </>
  )
}

/** Whether what comes is shown: without a connection nothing comes. */
function Following({ isOff, isStill }: { readonly isOff: boolean; readonly isStill: boolean }) {
  const { phase, heardMs } = useValue(connection)
  if (phase === 'lost') return <StatusBadge kind="stale">no connection, as of {clockTime(heardMs)}</StatusBadge>
  return (
    <StatusBadge kind={isStill ? 'wait' : 'run'}>
      {isOff ? 'paused' : isStill ? 'still while you look' : 'following'}
    </StatusBadge>
  )
}

function RequestTable(props: {
  readonly list: readonly SeenRequest[]
  readonly waiting: number
  readonly onShowNew: () => void
  readonly chosen: string | undefined
  readonly onChoose: (id: string | undefined) => void
}) {
  const { list, waiting, onShowNew, chosen, onChoose } = props
  const { show } = route.useSearch()
  if (list.length === 0)
    return (
      <p className="soft none">
        {show === 'failed'
          ? 'No request has failed since the gateway was started.'
          : 'No request has come since the gateway was started. What comes in by a door of this environment stands here.'}
      </p>
    )
  return (
    <table className="rows req">
      <caption className="vh">Recent requests, newest first. Up and down move between them, Enter says why.</caption>
      <thead>
        <tr>
          <th scope="col">Ended</th>
          <th scope="col">Request</th>
          <th scope="col">Answered by</th>
          <th scope="col" className="num">
            Status
          </th>
          <th scope="col" className="num">
            Took
          </th>
          <th scope="col">Called by</th>
        </tr>
      </thead>
      <tbody>
        <tr className="new-row">
          <td colSpan={6}>
            {waiting > 0 ? (
              <button type="button" className="btn btn-s" onClick={onShowNew}>
                {waiting} new, show them
              </button>
            ) : (
              <span className="muted">no newer one</span>
            )}
          </td>
        </tr>
        {list.map((request) => (
          <RequestRow
            key={requestKey(request)}
            request={request}
            isChosen={requestKey(request) === chosen}
            onChoose={onChoose}
          />
        ))}
      </tbody>
    </table>
  )
}

function leaveOut(search: EnvironmentSearch, key: keyof EnvironmentSearch): EnvironmentSearch {
  return Object.fromEntries(Object.entries(search).filter(([name]) => name !== key)) as EnvironmentSearch
}

function moveFocus(place: HTMLElement | null, by: 1 | -1): void {
  const rows = [...(place?.querySelectorAll<HTMLElement>('.rowlink') ?? [])]
  const at = rows.findIndex((row) => row === document.activeElement)
  rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus()
}

function commandFor(environment: string, narrowed: { readonly service?: string; readonly failed?: boolean }): string {
  const service = narrowed.service === undefined ? '' : ` --service ${narrowed.service}`
  return `./cofferdam requests ${environment}${service}${narrowed.failed === true ? ' --failed' : ''} --why`
}
