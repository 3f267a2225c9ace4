import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState, useSyncExternalStore } from 'react'
import { count, plural } from '../../format/units.ts'
import { eventsQuery, statusQuery } from '../../live/queries.ts'
import { CommandLine } from '../../parts/commandLine.tsx'
import { usePageTitle } from '../../shell/pageTitle.ts'
import { useChosenEvent } from './chosenEvent.ts'
import { EventFilters } from './eventFilters.tsx'
import { EventList } from './eventList.tsx'
import { narrowEvents } from './narrowEvents.ts'
import { Older } from './older.tsx'
import { useStillEvents } from './stillEvents.ts'

const route = getRouteApi('/activity')
const firstShown = 200
const pageSize = 500
/** Scrolled further down somebody reads: what is new waits. */
const readingPx = 160

/** Who did what, when and why: the sentences of the events, as everywhere else. */
export function ActivityPage() {
  usePageTitle('Activity')
  const { event: chosen, service, kind, who } = route.useSearch()
  const { data: events = [] } = useQuery(eventsQuery)
  const { data: status } = useQuery(statusQuery)
  const [shown, setShown] = useState(firstShown)
  const [isTouched, setTouched] = useState(false)
  const isReading = useIsReading()
  const fitting = useMemo(
    () =>
      narrowEvents(events, {
        ...(service === undefined ? {} : { service }),
        ...(kind === undefined ? {} : { kind }),
        ...(who === undefined ? {} : { who }),
      }),
    [events, service, kind, who],
  )
  const still = useStillEvents(fitting, isTouched || isReading, `${service} ${kind} ${who}`)
  const failure = useChosenEvent(chosen, still.shown, shown, setShown)
  const services = [...new Set(status?.environments.flatMap((one) => one.services.map(({ name }) => name)) ?? [])]
  const last = events[0]
  return (
    <>
      <div className="head">
        <div>
          <h1>{fitting.length === 0 ? 'Nothing of that has happened lately.' : 'What happened, newest first.'}</h1>
          <p className="lede">
            {plural(fitting.length, 'event')} of the last {count(events.length)}. Numbers have no gaps
            {last === undefined ? '' : `; the newest is ${last.id}`}.
          </p>
        </div>
        <div className="acts-col">
          <CommandLine command="./cofferdam events --follow" />
        </div>
      </div>
      <EventFilters services={services} />
      <p className="new-events">
        {still.waiting > 0 && (
          <button type="button" className="btn btn-s" onClick={still.showNew}>
            {count(still.waiting)} new, show them
          </button>
        )}
      </p>
      {failure !== '' && <p className="bad">The event of the address could not be fetched: {failure}</p>}
      <div
        onPointerEnter={() => setTouched(true)}
        onPointerLeave={() => setTouched(false)}
        onFocus={() => setTouched(true)}
        onBlur={() => setTouched(false)}
      >
        <EventList events={still.shown.slice(0, shown)} chosen={chosen} />
      </div>
      <Older
        hasMore={still.shown.length > shown}
        known={events.length}
        oldest={events.at(-1)?.id}
        pageSize={pageSize}
        onMore={() => setShown(shown + pageSize)}
      />
    </>
  )
}

function useIsReading(): boolean {
  return useSyncExternalStore(followScroll, () => scrollY > readingPx)
}

function followScroll(changed: () => void): () => void {
  addEventListener('scroll', changed, { passive: true })
  return () => removeEventListener('scroll', changed)
}
