import type { Promotion } from '../../src/http/contract/documents.ts'
import { ClockTime } from './timeAgo.tsx'

export type Hold = Promotion['holds'][number]

const harmful: ReadonlySet<string> = new Set(['harm-suspected', 'cannot-see', 'cannot-save', 'gateway-silent'])
const people: ReadonlySet<string> = new Set(['deadline', 'emergency-follow-up'])

/** Only a person can end it. */
export function needsPerson(hold: Pick<Hold, 'rule'>): boolean {
  return people.has(hold.rule)
}

/** Why something does not move: the hold's own words, and what would help. */
export function HoldLine({ hold, brief = false }: { readonly hold: Hold; readonly brief?: boolean }) {
  return (
    <p className={harmful.has(hold.rule) ? 'hold is-bad' : 'hold'}>
      <b>{hold.text}.</b> {!brief && `${hold.help} `}
      {!brief && (
        <span className="until">
          Since <ClockTime at={hold.since} />
          {hold.until !== null && (
            <>
              , until <ClockTime at={hold.until} />
            </>
          )}
          . Rule <code>{hold.rule}</code>.
        </span>
      )}
    </p>
  )
}
