import {
  ArrowLeftRight,
  Check,
  CircleDot,
  Hourglass,
  type LucideIcon,
  OctagonX,
  Package,
  Server,
  SkipForward,
  Undo2,
} from 'lucide-react'
import type { EventDocument } from '../../src/http/contract/documents.ts'
import { ClockTime } from './timeAgo.tsx'

const pictures: readonly (readonly [RegExp, LucideIcon])[] = [
  [/rolling-back|rolled-back|abort|rollback/, Undo2],
  [/failed/, OctagonX],
  [/passed|complete|done/, Check],
  [/^hold/, SkipForward],
  [/shifting|holding/, ArrowLeftRight],
  [/preparing/, Server],
  [/baking/, Hourglass],
  [/^build/, Package],
]
const harmful = /failed|rolling-back|rolled-back|aborted/

/** What happened, newest first: clock, what, who where it was a person. */
export function Timeline({ events }: { readonly events: readonly EventDocument[] }) {
  return (
    <ol className="timeline">
      {events.map((event) => {
        const Icon = pictures.find(([pattern]) => pattern.test(event.kind))?.[1] ?? CircleDot
        return (
          <li key={event.id} className={harmful.test(event.kind) ? 'is-bad' : ''}>
            <ClockTime at={event.at} />
            <Icon className="i" aria-hidden="true" />
            <span>
              {event.actor !== 'engine' && <b>{event.actor}: </b>}
              {event.text}
            </span>
          </li>
        )
      })}
    </ol>
  )
}
