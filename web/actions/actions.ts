import type { Promotion } from '../../src/http/contract/documents.ts'
import { quote } from '../format/quote.ts'
import { isUnderWay } from '../live/needs.ts'

export type ActionName = 'Abort' | 'Retry' | 'Pass hold' | 'Roll back'

/** Why an action cannot be used on a promotion; undefined: it can. */
export function findOffReason(name: ActionName, promotion: Promotion): string | undefined {
  const ended = !isUnderWay(promotion)
  if (name === 'Abort') {
    if (ended) return 'it has ended: there is nothing to abort'
    return promotion.phase === 'rolling-back' ? 'it is on its way back already' : undefined
  }
  if (name === 'Retry') {
    if (!ended) return 'it has not ended: there is nothing to retry'
    return promotion.phase === 'done' ? 'it has arrived: there is nothing to retry' : undefined
  }
  if (name === 'Pass hold') {
    if (isFollowUpOpen(promotion)) return undefined
    if (ended) return 'it has ended: nothing holds it'
    return promotion.holds.some((hold) => hold.rule === 'deadline')
      ? undefined
      : 'no hold waits for a person; those that there are end by themselves'
  }
  return undefined
}

/** An emergency that has arrived and that nobody has followed up. */
export function isFollowUpOpen({ phase, emergency }: Promotion): boolean {
  return phase === 'done' && emergency !== undefined && emergency.closedBy === undefined
}

/** The same on the command line. */
export function toCommand(name: ActionName, promotion: Promotion, reason: string): string {
  const words = reason === '' ? '' : ` --reason ${quote(reason)}`
  if (name === 'Roll back') return `./cofferdam rollback ${promotion.service}${words}`
  const verb = { Abort: 'abort', Retry: 'retry', 'Pass hold': 'pass' }[name]
  const needed = name === 'Pass hold' && reason === '' ? ' --reason "…"' : words
  return `./cofferdam promotion ${verb} ${promotion.id}${needed}`
}
