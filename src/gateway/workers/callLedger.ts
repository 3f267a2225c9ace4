import { hash } from 'node:crypto'
import type { Outcome, TallyLabels } from '../tally.ts'

/** A call at a back door, as all workers name it. */
export interface Claim {
  /** 48 bits of its hash. */
  readonly call: number
  /** Milliseconds of the machine's monotonic clock, which is the same for all its processes. */
  readonly atMs: number
}

/** What one worker noted since it last handed over. */
export interface NotedCalls {
  /** `call`, `atMs` … */
  readonly claims: Float64Array
  /** `call`, `atMs`, index in `labels`, status (0: aborted), 1 if bad, milliseconds … */
  readonly ends: Float64Array
  readonly labels: readonly TallyLabels[]
}

export const numbersOfClaim = 2
export const numbersOfEnd = 6
const maxClaims = 20_000

/**
 * Calls at back doors, noted instead of counted: a repeat of one may come in at another worker, and only the primary
 * sees both. Bounded: a call beyond is not noted, so that a repeat of it would count again.
 */
export class CallLedger {
  private claims: number[] = []
  private ends: number[] = []
  private labels = new Map<TallyLabels, number>()

  /** @returns undefined when there is no room: count it at once. */
  claim(text: string): Claim | undefined {
    if (this.claims.length >= maxClaims * numbersOfClaim) return undefined
    const call = hash('sha256', text, 'buffer').readUIntBE(0, 6)
    const [seconds, nanoseconds] = process.hrtime()
    const atMs = seconds * 1000 + nanoseconds / 1e6
    this.claims.push(call, atMs)
    return { call, atMs }
  }

  end({ call, atMs }: Claim, labels: TallyLabels, outcome: Outcome | 'aborted'): void {
    let at = this.labels.get(labels)
    if (at === undefined) {
      at = this.labels.size
      this.labels.set(labels, at)
    }
    if (outcome === 'aborted') this.ends.push(call, atMs, at, 0, 0, 0)
    else this.ends.push(call, atMs, at, outcome.status, outcome.bad ? 1 : 0, outcome.ms)
  }

  /** Hands over what was noted, and forgets it. */
  take(): NotedCalls {
    const noted = {
      claims: Float64Array.from(this.claims),
      ends: Float64Array.from(this.ends),
      labels: [...this.labels.keys()],
    }
    this.claims = []
    this.ends = []
    this.labels = new Map()
    return noted
  }
}
