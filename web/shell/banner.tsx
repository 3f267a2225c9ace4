import { RefreshCw, Unplug } from 'lucide-react'
import { clockTime } from '../format/times.ts'
import { duration } from '../format/units.ts'
import { useNow } from '../live/clock.ts'
import { connection, sayLostMs } from '../live/connection.ts'
import { tryNow } from '../live/stream.ts'
import { useValue } from '../live/valueStore.ts'

/** Says that what is shown is old, since when, and what that means. */
export function Banner() {
  const { phase, sinceMs, heardMs, nextTryMs } = useValue(connection)
  useNow(1_000)
  const lostMs = Date.now() - sinceMs
  if (phase !== 'lost' || lostMs < sayLostMs) return null
  const nextMs = nextTryMs - Date.now()
  return (
    <div className="banner" role="alert">
      <Unplug className="i" aria-hidden="true" />
      <p>
        <b>No connection to the control plane for {duration(lostMs)}.</b> You see the state of {clockTime(heardMs)}.
        Traffic is not affected: the gateway works from its last table. Actions come back with the connection; if only
        this browser lost it, the CLI still works.{' '}
        <span>{nextMs > 1_000 ? `Next try in ${duration(nextMs)}.` : 'Trying …'}</span>
      </p>
      <button className="btn btn-s" type="button" onClick={() => tryNow()}>
        <RefreshCw className="i i-s" aria-hidden="true" />
        Try now
      </button>
    </div>
  )
}
