import type { RefusalRule } from '../domain/routing/why.ts'

/** What was counted since it was last taken. */
export interface CountedSince {
  readonly retries: number
  readonly front: { readonly requests: number; readonly refused: number }
  readonly refused: readonly (readonly [RefusalRule, number])[]
}

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

  /** Takes what is only ever added up, and begins anew. */
  take(): CountedSince {
    const { retries, front, refused } = this
    const taken = { retries, front: { ...front }, refused: [...refused] }
    this.retries = 0
    front.requests = 0
    front.refused = 0
    refused.clear()
    return taken
  }

  add({ retries, front, refused }: CountedSince): void {
    this.retries += retries
    this.front.requests += front.requests
    this.front.refused += front.refused
    for (const [rule, count] of refused) this.countRefused(rule, count)
  }

  countFront(isRefused: boolean): void {
    this.front.requests += 1
    if (isRefused) this.front.refused += 1
  }
}
