import type { LucideIcon } from 'lucide-react'
import { useId } from 'react'
import { useCommands } from '../live/commandOptions.ts'
import { connection } from '../live/connection.ts'
import { session } from '../live/session.ts'
import { useValue } from '../live/valueStore.ts'

/** A button for a change. Off it stays in its place and says why; it cannot be used without a login or a connection. */
export function ActionButton(props: {
  readonly name: string
  readonly icon: LucideIcon
  readonly look?: 'go' | 'stop'
  /** Why it cannot be used now. */
  readonly off?: string
  readonly isSmall?: boolean
  readonly onPress: () => void
}) {
  const { name, icon: Icon, look, onPress, isSmall = false } = props
  const id = useId()
  const general = useOffReason()
  const off = props.off ?? general
  return (
    <>
      <button
        type="button"
        className={`btn${look === undefined || off !== undefined ? '' : ` btn-${look}`}${isSmall ? ' btn-s' : ''}`}
        aria-disabled={off !== undefined}
        aria-describedby={off === undefined ? undefined : id}
        title={off}
        onClick={() => {
          if (off === undefined) onPress()
        }}
      >
        <Icon className="i i-s" aria-hidden="true" />
        {name}
      </button>
      {off !== undefined && (
        <span className="vh" id={id}>
          {name} is off: {off}
        </span>
      )}
    </>
  )
}

/** Why nothing can be changed from this browser now; undefined: it can. */
export function useOffReason(): string | undefined {
  const own = useValue(session)
  const { phase } = useValue(connection)
  const toCommand = useCommands()
  if (phase === 'lost') return 'there is no connection to the control plane'
  return own.kind === 'out' ? `${own.why}. ${toCommand('./cofferdam login')} prints a link.` : undefined
}
