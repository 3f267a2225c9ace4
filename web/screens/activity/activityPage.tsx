import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { EventDocument } from '../../../src/http/contract/documents.ts'
import { absoluteTime } from '../../format/times.ts'
import { plural } from '../../format/units.ts'
import { eventsQuery, statusQuery } from '../../live/queries.ts'
import { getDocument } from '../../live/request.ts'
import { CommandLine } from '../../parts/commandLine.tsx'
import { EventText } from '../../parts/eventText.tsx'
import { PromotionLink } from '../../parts/promotionLink.tsx'
import { ClockTime } from '../../parts/timeAgo.tsx'
import { usePageTitle } from '../../shell/pageTitle.ts'
import { EventFilters } from './eventFilters.tsx'
import { narrowEvents } from './narrowEvents.ts'

const route = getRouteApi('/activity')
const firstShown = 200
const pageSize = 500

/** Who did what, when and why: the sentences of the events, as everywhere else. */
export function ActivityPage() {
  usePageTitle('Activity')
  const narrowing = route.useSearch()
  const { data: events = [] } = useQuery(eventsQuery)
  const { data: status } = useQuery(statusQuery)
  const [shown, setShown] = useState(firstShown)
  const fitting = narrowEvents(events, narrowing)
  const services = [...new Set(status?.environments.flatMap((one) => one.services.map(({ name }) => name)) ?? [])]
  const last = events[0]
  return (
    <>
      <div className="head">
        <div>
          <h1>{fitting.length === 0 ? 'Nothing of that has happened lately.' : 'What happened, newest first.'}</h1>
          <p className="lede">
            {plural(fitting.length, 'event')} of the last {events.length}. Numbers have no gaps
            {last === undefined ? '' : `; the newest is ${last.id}`}.
          </p>
        </div>
        <div className="acts-col">
          <CommandLine command="./cofferdam events --follow" />
        </div>
      </div>
      <EventFilters services={services} />
      <EventList events={fitting.slice(0, shown)} />
      <Older hasMore={fitting.length > shown} oldest={events.at(-1)?.id} onMore={() => setShown(shown + pageSize)} />
    </>
  )
}

function EventList({ events }: { readonly events: readonly EventDocument[] }) {
  return (
    <ol className="activity" aria-label="Events">
      {events.map((event, index) => {
        const day = dayOf(event)
        const before = events[index - 1]
        return (
          <li key={event.id}>
            {(before === undefined || dayOf(before) !== day) && <h2>{day}</h2>}
            <div className="event">
              <ClockTime at={event.at} />
              <span className="who-did">{event.actor}</span>
              <EventText event={event} />
              {event.promotion === undefined ? <span /> : <PromotionLink id={event.promotion} />}
            </div>
          </li>
        )
      })}
    </ol>
  )
}

function dayOf({ at }: EventDocument): string {
  return absoluteTime(Date.parse(at)).split(',')[0] ?? ''
}

function Older(props: { readonly hasMore: boolean; readonly oldest: number | undefined; readonly onMore: () => void }) {
  const { hasMore, oldest, onMore } = props
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [failure, setFailure] = useState('')
  if (!hasMore && (oldest === undefined || oldest <= 1)) return null
  const fetchOlder = async (): Promise<void> => {
    if (oldest === undefined) return
    setAsking(true)
    setFailure('')
    const after = Math.max(0, oldest - 1 - pageSize)
    try {
      const { events } = await getDocument<{ events: readonly EventDocument[] }>(
        `/events?after=${after}&limit=${oldest - 1 - after}`,
      )
      client.setQueryData<readonly EventDocument[]>(eventsQuery.queryKey, (known = []) => {
        const last = known.at(-1)?.id ?? Number.POSITIVE_INFINITY
        return [...known, ...events.filter(({ id }) => id < last).toReversed()]
      })
      onMore()
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      setAsking(false)
    }
  }
  return (
    <p className="older">
      <button
        type="button"
        className="btn"
        disabled={isAsking}
        onClick={() => (hasMore ? onMore() : void fetchOlder())}
      >
        {isAsking ? 'Fetching …' : 'Show older'}
      </button>{' '}
      <span className="bad" role="alert">
        {failure}
      </span>
    </p>
  )
}
