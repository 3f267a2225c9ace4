import { useState } from 'react'
import { requestKey } from './whySteps.ts'

interface Identified {
  readonly id: string
  readonly service: string
  readonly at: string
  readonly ms: number
}

export interface StillList<T> {
  readonly shown: readonly T[]
  /** So many that have come since are not shown. */
  readonly waiting: number
  readonly isStill: boolean
  readonly showNew: () => void
}

/** A list that stands still while it must, and says how many wait. Another `subject` is another list. */
export function useStillList<T extends Identified>(
  fresh: readonly T[],
  mustStand: boolean,
  subject: string,
): StillList<T> {
  const [kept, setKept] = useState({ shown: fresh, subject })
  // An empty list stands for nothing, and another subject is looked at anew.
  const moves = !mustStand || kept.subject !== subject || kept.shown.length === 0
  if (moves && (kept.shown !== fresh || kept.subject !== subject)) setKept({ shown: fresh, subject })
  const shown = moves ? fresh : kept.shown
  return {
    shown,
    waiting: moves ? 0 : countNew(kept.shown, fresh),
    isStill: mustStand,
    showNew: () => setKept({ shown: fresh, subject }),
  }
}

/** How many of a fresh list are not in the one that is shown. */
export function countNew(shown: readonly Identified[], fresh: readonly Identified[]): number {
  const known = new Set(shown.map(requestKey))
  return fresh.filter((one) => !known.has(requestKey(one))).length
}
