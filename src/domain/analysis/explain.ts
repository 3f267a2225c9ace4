import { inWords } from './missing.ts'
import type { Counted } from './metric.ts'

/** Why a rollout went back (or did not), in numbers; `explain` makes the sentence. */
export type Reason =
  | {
      readonly cause: 'analysis'
      readonly metric: string
      /** For latency: requests of the new build slower than this are the bad ones; of the control, than the other. */
      readonly thresholdMs?: number
      readonly controlThresholdMs?: number
      readonly canary: Counted
      readonly control: Counted
      /** As a fraction. */
      readonly tolerated: number
    }
  | { readonly cause: 'catastrophe'; readonly canary: Counted }
  | { readonly cause: 'guard'; readonly guard: 'errors'; readonly canary: Counted; readonly limit: number }
  | { readonly cause: 'guard'; readonly guard: 'latency-p99'; readonly canary: Counted; readonly limitMs: number }
  | {
      readonly cause: 'guard'
      readonly guard: 'memory'
      readonly host: string
      readonly bytes: number
      readonly limitBytes: number
    }
  | { readonly cause: 'crash-loop'; readonly host: string; readonly times: number; readonly withinMs: number }
  | { readonly cause: 'not-ready'; readonly host: string; readonly withinMs: number }
  | { readonly cause: 'unwatched'; readonly watchedForMs: number }
  | { readonly cause: 'cannot-see'; readonly forMs: number }
  | { readonly cause: 'held-too-long'; readonly forMs: number }
  | { readonly cause: 'command'; readonly reason?: string }

/** How far the new build had come. */
export interface Exposure {
  /** Requests that it had served. */
  readonly requests: number
  /** Since its first request. */
  readonly afterMs: number
  /** `batch`: hosts were already replaced. */
  readonly layer: 'canary' | 'batch'
}

/** A fraction as percent with two digits that matter: 0.18 %, 5.1 %, 12 %. */
export function inPercent(fraction: number): string {
  const percent = fraction * 100
  if (percent === 0) return '0 %'
  if (percent >= 99.95) return '100 %'
  if (percent >= 9.95) return `${Math.round(percent)} %`
  const digits = Math.min(4, Math.max(1, 1 - Math.floor(Math.log10(percent))))
  return `${Number(percent.toFixed(digits))} %`
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`
}

function rateOf(counted: Counted): string {
  return inPercent(counted.requests === 0 ? 0 : counted.bad / counted.requests)
}

function inSeconds(ms: number): string {
  if (ms < 120_000) return `${Math.max(1, Math.round(ms / 1_000))} s`
  return `${Math.round(ms / 60_000)} min`
}

/** The reason alone: "error rate 5.1 % against 0.1 % (tolerated 0.18 %)". Never a p-value. */
export function explainReason(reason: Reason): string {
  switch (reason.cause) {
    case 'analysis': {
      const { metric, thresholdMs, controlThresholdMs = thresholdMs } = reason
      const tolerated = `(tolerated ${inPercent(reason.tolerated)})`
      if (thresholdMs === undefined || controlThresholdMs === undefined) {
        const what = metric === 'errors' ? 'error rate' : metric
        return `${what} ${rateOf(reason.canary)} against ${rateOf(reason.control)} ${tolerated}`
      }
      const slow = `${metric}: ${rateOf(reason.canary)} of its requests slower than ${Math.round(thresholdMs)} ms`
      return `${slow} against ${rateOf(reason.control)} slower than ${Math.round(controlThresholdMs)} ms ${tolerated}`
    }
    case 'catastrophe':
      return `${reason.canary.bad} of ${reason.canary.requests} requests failed`
    case 'guard':
      return explainGuard(reason)
    case 'crash-loop':
      return `${reason.host} ended ${reason.times} times within ${inWords(reason.withinMs)}`
    case 'not-ready':
      return `${reason.host} was not ready within ${inSeconds(reason.withinMs)}`
    case 'unwatched':
      return `nobody had judged it for ${inSeconds(reason.watchedForMs)}, so its share went back by itself`
    case 'cannot-see':
      return `its measurements were missing or contradictory for ${inSeconds(reason.forMs)}`
    case 'held-too-long':
      return `it was held for ${inWords(reason.forMs)} without moving`
    case 'command':
      return reason.reason === undefined ? 'a person asked for it' : `a person asked for it: ${reason.reason}`
  }
}

function explainGuard(reason: Extract<Reason, { cause: 'guard' }>): string {
  if (reason.guard === 'memory') {
    const used = `${reason.host} used ${inMegabytes(reason.bytes)} of memory`
    return `${used}, 3 samples in a row at or above the limit of ${inMegabytes(reason.limitBytes)}`
  }
  if (reason.guard === 'errors') {
    return `error rate ${rateOf(reason.canary)}, above the limit of ${inPercent(reason.limit)}`
  }
  const slow = `${rateOf(reason.canary)} of the requests were slower than ${Math.round(reason.limitMs)} ms`
  return `${slow}, above the limit of 1 %`
}

/**
 * The sentence of a rollback: "rolled back after 454 canary requests, 32 s after its first request: error rate 5.1 %
 * against 0.1 % (tolerated 0.18 %)".
 */
export function explainRollback(reason: Reason, exposure: Exposure): string {
  const text = explainReason(reason)
  if (exposure.requests === 0) return `rolled back before its first request: ${text}`
  const noun = exposure.requests === 1 ? 'request' : 'requests'
  const what = exposure.layer === 'canary' ? `canary ${noun}` : `${noun} to the new build`
  const when = `${inSeconds(exposure.afterMs)} after its first request`
  return `rolled back after ${exposure.requests} ${what}, ${when}: ${text}`
}
