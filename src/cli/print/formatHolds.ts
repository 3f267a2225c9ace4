import type { Promotion } from '../../http/contract/documents.ts'
import { formatClock } from './units.ts'

type Hold = Promotion['holds'][number]

/** Why it does not move: what is the case, since when, until when, what would help. */
export function formatHolds(holds: readonly Hold[], indent = ''): string {
  return holds
    .map((hold) => {
      const until = hold.until === null ? '' : `, until ${formatClock(hold.until)}`
      return `${indent}${hold.text} (${hold.rule} on ${hold.on}, since ${formatClock(hold.since)}${until})\n${indent}  what helps: ${hold.help}\n`
    })
    .join('')
}
