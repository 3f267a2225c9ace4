import { useState } from 'react'
import type { EventDocument } from '../../../src/http/contract/documents.ts'

export interface StillEvents {
  readonly shown: readonly EventDocument[]
  /** So many that have come since are not shown. */
  readonly waiting: number
  readonly showNew: () => void
}

/** Events that stand still while they must: newer ones wait, older ones may be added. Another `subject` is another list. */
export function useStillEvents(events: readonly EventDocument[], mustStand: boolean, subject: string): StillEvents {
  const newest = events[0]?.id ?? 0
  const [kept, setKept] = useState({ newest, subject })
  const moves = !mustStand || kept.subject !== subject || kept.newest === 0
  if (moves && (kept.newest !== newest || kept.subject !== subject)) setKept({ newest, subject })
  const waiting = moves ? 0 : countNewer(events, kept.newest)
  return { shown: events.slice(waiting), waiting, showNew: () => setKept({ newest, subject }) }
}

/** How many events, newest first, are newer than the one with this number. */
export function countNewer(events: readonly EventDocument[], id: number): number {
  const at = events.findIndex((event) => event.id <= id)
  return at < 0 ? events.length : at
}
