import { useFromNow } from '../live/clock.ts'
import { useValue } from '../live/valueStore.ts'
import { times } from '../shell/preferences.ts'
import { absoluteTime, clockTime, dayAndClock, relativeTime, shortClock } from '../format/times.ts'

/** When something was, in words that age; the exact time on hover. */
export function TimeAgo({ at }: { readonly at: string }) {
  const atMs = Date.parse(at)
  const isClock = useValue(times.store) === 'clock'
  const shown = useFromNow((now) => (isClock ? dayAndClock(atMs, now) : relativeTime(atMs, now)))
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
