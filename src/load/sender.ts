import { type Dispatcher, Pool } from 'undici'
import type { Outcome } from './loadStats.ts'
import type { PlannedRequest } from './visitMaker.ts'

export interface Sender {
  /** Sends once; never repeats. Returns false, and sends nothing, when too many requests are in flight. */
  readonly send: (request: PlannedRequest, onEnd: (outcome: Outcome, ms: number) => void) => boolean
  readonly inFlight: () => number
}

const timeoutMs = 3000
const maxInFlight = 5000

/** Keeps connections to `origin` alive, and opens as many as there are requests in flight. */
export function openSender(origin: string): Sender {
  const pool = new Pool(origin, { connections: maxInFlight, pipelining: 1, connect: { timeout: timeoutMs } })
  let inFlight = 0
  return {
    inFlight: () => inFlight,
    send: (request, onEnd) => {
      if (inFlight >= maxInFlight) return false
      inFlight += 1
      const handler = observe((outcome, ms) => {
        inFlight -= 1
        onEnd(outcome, ms)
      })
      const { path, method, headers, body } = request
      pool.dispatch({ path, method: method as Dispatcher.HttpMethod, headers, body: body ?? null }, handler)
      return true
    },
  }
}

/** Watches one request; calls `onEnd` once, with how it ended and after how long. */
function observe(onEnd: (outcome: Outcome, ms: number) => void): Dispatcher.DispatchHandler {
  const startedMs = performance.now()
  let controller: Dispatcher.DispatchController | undefined
  let status = 0
  let ended = false
  const end = (outcome: Outcome) => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    onEnd(outcome, performance.now() - startedMs)
  }
  const timer = setTimeout(() => {
    end('timeout')
    controller?.abort(new Error('no answer in time'))
  }, timeoutMs)
  return {
    onRequestStart: (started) => {
      controller = started
      // It waited for a connection until its time was over.
      if (ended) started.abort(new Error('no answer in time'))
    },
    onResponseStart: (_controller, statusCode) => {
      status = statusCode
    },
    onResponseData: () => {},
    onResponseEnd: () => end(classOf(status)),
    onResponseError: () => end('broken'),
  }
}

function classOf(status: number): Outcome {
  if (status >= 500) return '5xx'
  if (status >= 400) return '4xx'
  return status >= 300 ? '3xx' : '2xx'
}
