import { useNow } from '../live/clock.ts'
import { absoluteTime, clockTime, relativeTime, shortClock } from '../format/times.ts'

/** When something was, in words that age; the exact time on hover. */
export function TimeAgo({ at }: { readonly at: string }) {
  const atMs = Date.parse(at)
  const now = useNow(1_000)
  // What is older than a minute changes its words once a minute at most.
  const shown = relativeTime(atMs, now)
  return (
    <time dateTime={at} title={absoluteTime(atMs)} className="nowrap">
      {shown}
    </time>
  )
}

/** Time of day, for lists and logs. */
export function ClockTime({ at, isShort = false }: { readonly at: string; readonly isShort?: boolean }) {
  const atMs = Date.parse(at)
  return (
    <time dateTime={at} title={absoluteTime(atMs)}>
      {isShort ? shortClock(atMs) : clockTime(atMs)}
    </time>
  )
}
