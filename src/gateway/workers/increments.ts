import type { Counters, CountedSince } from '../counters.ts'
import type { LayerName } from '../shareWatch.ts'
import type { Tally, TallyIncrement } from '../tally.ts'
import type { CallLedger, NotedCalls } from './callLedger.ts'

/** What a worker counted since it last handed over. Each is handed over once: nothing is counted twice. */
export interface Increments {
  /** Requests in flight now. */
  readonly inFlight: number
  readonly counters: CountedSince
  readonly tallies: readonly TallyIncrement[]
  readonly calls: NotedCalls
  /** Of the table to which `unwatched` belongs. */
  readonly generation: number
  /** Shares that went home here because nobody watches them. */
  readonly unwatched: readonly LayerName[]
}

function incrementOf(tally: Tally): TallyIncrement {
  const durations: [number, number][] = []
  tally.durations.forEach((count, bucket) => {
    if (count > 0) durations.push([bucket, count])
  })
  const { labels, requests, bad, aborted, totalMs: ms } = tally
  return { labels, requests, bad, aborted, codes: [...tally.codes], durations, ms }
}

/** Takes what was counted out of the counters of a worker, whose own totals nobody reads. */
export function takeIncrements(
  counted: { readonly counters: Counters; readonly tallies: Iterable<Tally>; readonly calls: CallLedger },
  shares: { readonly generation: number; readonly unwatched: readonly LayerName[] },
): Increments {
  const { counters, calls } = counted
  const tallies: TallyIncrement[] = []
  for (const tally of counted.tallies) {
    if (tally.requests === 0 && tally.aborted === 0) continue
    tallies.push(incrementOf(tally))
    tally.reset()
    tally.totalMs = 0
  }
  return { inFlight: counters.inFlight, counters: counters.take(), tallies, calls: calls.take(), ...shares }
}
