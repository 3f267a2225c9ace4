import type { Counters } from '../counters.ts'
import type { Tallies } from '../tallies.ts'
import { numbersOfClaim, numbersOfEnd, type Claim } from './callLedger.ts'
import type { CallOwners } from './callOwners.ts'
import type { Increments } from './increments.ts'

/** What one worker handed over. */
export interface Handover {
  readonly worker: number
  readonly increments: Increments
}

/** Adds what workers handed over; of a call that several of them had, the outcome of the first alone. */
export function countIncrements(
  handovers: readonly Handover[],
  tallies: Tallies,
  counters: Counters,
  owners: CallOwners,
): void {
  const nowMs = performance.now()
  for (const { worker, claim } of claimsInOrder(handovers)) owners.claim(worker, claim)
  for (const { worker, increments } of handovers) {
    counters.add(increments.counters)
    for (const increment of increments.tallies) tallies.of(increment.labels, nowMs).add(increment)
    const { ends, labels } = increments.calls
    for (let at = 0; at < ends.length; at += numbersOfEnd) {
      if (!owners.isFirst(worker, { call: ends[at]!, atMs: ends[at + 1]! })) continue
      const tally = tallies.of(labels[ends[at + 2]!]!, nowMs)
      const status = ends[at + 3]!
      if (status === 0) tally.countAborted()
      else tally.count(status, ends[at + 4] === 1, ends[at + 5]!)
    }
  }
}

function claimsInOrder(handovers: readonly Handover[]): { readonly worker: number; readonly claim: Claim }[] {
  const all: { readonly worker: number; readonly claim: Claim }[] = []
  for (const { worker, increments } of handovers) {
    const { claims } = increments.calls
    for (let at = 0; at < claims.length; at += numbersOfClaim)
      all.push({ worker, claim: { call: claims[at]!, atMs: claims[at + 1]! } })
  }
  return all.sort((a, b) => a.claim.atMs - b.claim.atMs)
}
