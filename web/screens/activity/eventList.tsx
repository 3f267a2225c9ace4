import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import type { EventDocument } from '../../../src/http/contract/documents.ts'
import { dayOf } from '../../format/times.ts'
import { EventText } from '../../parts/eventText.tsx'
import { PromotionLink } from '../../parts/promotionLink.tsx'
import { ClockTime } from '../../parts/timeAgo.tsx'

/** So many numbers make a chunk. What comes or is fetched later changes the chunks at the ends only. */
const chunkSize = 100

/** Events, newest first, drawn in chunks: of ten thousand only those that changed are drawn again. */
export function EventList(props: { readonly events: readonly EventDocument[]; readonly chosen: number | undefined }) {
  const { events, chosen } = props
  const chunks = [...Map.groupBy(events, ({ id }) => Math.floor(id / chunkSize))]
  return (
    <div className="activity" role="list" aria-label="Events">
      {chunks.map(([key, own], index) => {
        const before = chunks[index - 1]?.[1].at(-1)
        return (
          <EventChunk
            key={key}
            events={own}
            dayBefore={before === undefined ? '' : dayOf(Date.parse(before.at))}
            chosen={own.some(({ id }) => id === chosen) ? chosen : undefined}
          />
        )
      })}
    </div>
  )
}

interface ChunkProps {
  readonly events: readonly EventDocument[]
  /** The day of the event above. */
  readonly dayBefore: string
  readonly chosen: number | undefined
}

const EventChunk = memo(function EventChunk({ events, dayBefore, chosen }: ChunkProps) {
  return (
    <div className="chunk">
      {events.map((event, index) => {
        const above = events[index - 1]
        const day = dayOf(Date.parse(event.at))
        return (
          <EventRow
            key={event.id}
            event={event}
            day={day === (above === undefined ? dayBefore : dayOf(Date.parse(above.at))) ? undefined : day}
            isChosen={event.id === chosen}
          />
        )
      })}
    </div>
  )
}, isSameChunk)

function isSameChunk(before: ChunkProps, after: ChunkProps): boolean {
  return (
    before.events.length === after.events.length &&
    before.events[0] === after.events[0] &&
    before.events.at(-1) === after.events.at(-1) &&
    before.dayBefore === after.dayBefore &&
    before.chosen === after.chosen
  )
}

function EventRow(props: {
  readonly event: EventDocument
  readonly day: string | undefined
  readonly isChosen: boolean
}) {
  const { event, day, isChosen } = props
  return (
    <div role="listitem">
      {day !== undefined && <h2>{day}</h2>}
      <div className={isChosen ? 'event sel' : 'event'} data-row="" data-event={event.id} tabIndex={-1}>
        <Link
          to="/activity"
          search={(was) => ({ ...was, event: event.id })}
          replace
          resetScroll={false}
          className="quiet"
        >
          <span className="vh">Link to event {event.id}, </span>
          <ClockTime at={event.at} />
        </Link>
        <span className="who-did">{event.actor}</span>
        <EventText event={event} />
        {event.promotion === undefined ? <span /> : <PromotionLink id={event.promotion} />}
      </div>
    </div>
  )
}
