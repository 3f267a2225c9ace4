import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { eventsQuery } from '../../live/queries.ts'
import { EventText } from '../../parts/eventText.tsx'
import { ClockTime } from '../../parts/timeAgo.tsx'

const shown = 12
/** What a colleague would say; the steps between them are in the timeline of the promotion. */
const worthTelling =
  /^(?:promotion\.(?:requested|abort-requested|rollback-requested|done|rolled-back|aborted)|rollback\.requested|stage\.(?:passed|failed)|rollout\.baking|rollout\.holding|hold\.|emergency\.|build\.added|configuration\.)/

/** The newest sentences of what happened, the same as everywhere. */
export function JustNow() {
  const { data: events = [] } = useQuery(eventsQuery)
  const told = events.filter(({ kind }) => worthTelling.test(kind)).slice(0, shown)
  return (
    <section aria-labelledby="just-now">
      <div className="sec">
        <h2 id="just-now">Just now</h2>
        <span className="end">
          <Link to="/activity">All activity</Link>
        </span>
      </div>
      {told.length === 0 ? (
        <p className="soft">Nothing has happened yet.</p>
      ) : (
        <ol className="feed">
          {told.map((event) => (
            <li key={event.id}>
              <ClockTime at={event.at} isShort />
              <EventText event={event} />
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
