import type { RefusalRule } from '../domain/routing/why.ts'

/** Counts of the gateway as a whole. */
export class Counters {
  inFlight = 0
  retries = 0
  unwatched = 0
  /** Requests at front doors that ended, and those of them that the gateway itself answered. */
  readonly front = { requests: 0, refused: 0 }
  /** Processes that serve the doors now. */
  workers = 1
  workersReplaced = 0
  readonly refused = new Map<RefusalRule, number>()

  countRefused(rule: RefusalRule, count = 1): void {
    this.refused.set(rule, (this.refused.get(rule) ?? 0) + count)
  }

  countFront(isRefused: boolean): void {
    this.front.requests += 1
    if (isRefused) this.front.refused += 1
  }
}
