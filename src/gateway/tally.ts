import { bucketCount, bucketOf } from '../domain/analysis/durationBuckets.ts'

/** Labels of one host in one layer. */
export interface TallyLabels {
  readonly environment: string
  readonly service: string
  readonly layer: string
  readonly host: string
  readonly build: string
}

export const codeNames = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** How one request ended. */
export interface Outcome {
  readonly status: number
  readonly bad: boolean
  readonly ms: number
}

/** What one process counted for one host in one layer since it last said so. */
export interface TallyIncrement {
  readonly labels: TallyLabels
  readonly requests: number
  readonly bad: number
  readonly aborted: number
  /** As `codeNames`. */
  readonly codes: readonly number[]
  /** Sparse: [bucket, count]. */
  readonly durations: readonly (readonly [number, number])[]
  /** Sum of all durations. */
  readonly ms: number
}

/** Counters of one host in one layer: since the last cut, and since the gateway started. */
export class Tally {
  readonly labels: TallyLabels
  requests = 0
  bad = 0
  aborted = 0
  readonly codes = new Uint32Array(codeNames.length)
  readonly durations = new Uint32Array(bucketCount)
  readonly totalCodes = new Float64Array(codeNames.length)
  readonly totalDurations = new Float64Array(bucketCount)
  totalAborted = 0
  totalMs = 0
  /** Monotonic milliseconds at which it was last in a table or counted something. */
  usedAtMs = 0

  constructor(labels: TallyLabels) {
    this.labels = labels
  }

  /** Counts one request that ended with an answer, or was cut or timed out by the host (`status` 5xx then). */
  count(status: number, bad: boolean, ms: number): void {
    const code = Math.min(4, Math.max(0, Math.floor(status / 100) - 1))
    const bucket = bucketOf(ms < 0 ? 0 : ms)
    this.requests += 1
    if (bad) this.bad += 1
    this.codes[code]! += 1
    this.durations[bucket]! += 1
    this.totalCodes[code]! += 1
    this.totalDurations[bucket]! += 1
    this.totalMs += ms
  }

  /** Counts one request whose client went away; it has no outcome. */
  countAborted(): void {
    this.aborted += 1
    this.totalAborted += 1
  }

  /** Adds what another process counted for the same host. */
  add(increment: TallyIncrement): void {
    this.requests += increment.requests
    this.bad += increment.bad
    this.aborted += increment.aborted
    this.totalAborted += increment.aborted
    this.totalMs += increment.ms
    increment.codes.forEach((count, code) => {
      this.codes[code]! += count
      this.totalCodes[code]! += count
    })
    for (const [bucket, count] of increment.durations) {
      this.durations[bucket]! += count
      this.totalDurations[bucket]! += count
    }
  }

  /** Forgets what was counted since the last cut. */
  reset(): void {
    this.requests = 0
    this.bad = 0
    this.aborted = 0
    this.codes.fill(0)
    this.durations.fill(0)
  }
}
