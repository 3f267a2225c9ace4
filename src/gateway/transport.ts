import type { Duplex, Readable } from 'node:stream'
import { Pool, type Dispatcher } from 'undici'
import type { GatewayLimits } from './limits.ts'
import type { RawHeaders } from './marks.ts'

/** Why an attempt at a host ended without a whole answer. */
export type FailureKind =
  /** No connection: refused, unreachable, or not accepted in time. */
  | 'refused'
  /** The connection ended. */
  | 'reset'
  /** It answered with something that is not HTTP. */
  | 'protocol'
  | 'timeout'
  /** The gateway itself has no descriptor or port left: no fault of the host. */
  | 'exhausted'
  /** What was to be sent is not allowed in HTTP/1.1. */
  | 'unsendable'

export interface OutgoingRequest {
  readonly method: string
  readonly path: string
  /** Name, value, name, value … */
  readonly headers: string[]
  readonly body: Buffer | Readable | null
  /** Asks the host to go on in another protocol. */
  readonly upgrade?: 'websocket'
}

/** Stops and continues the answer: back-pressure from the client. */
export interface Flow {
  readonly pause: () => void
  readonly resume: () => void
}

/** Is told what happens to one attempt. After `onEnd`, `onUpgrade` or `onFailure` nothing more comes. */
export interface Receiver {
  /** An informational head (1xx) before the one that counts. */
  onHint(status: number, headers: RawHeaders): void
  onHead(status: number, reason: string, headers: RawHeaders, flow: Flow): void
  /** A 101: from now on the connection to the host belongs to the receiver. */
  onUpgrade(headers: RawHeaders, socket: Duplex): void
  onData(chunk: Buffer): void
  onEnd(trailers: Readonly<Record<string, string | string[] | undefined>>): void
  onFailure(kind: FailureKind, error: Error): void
  /** A part of the request's body left. */
  onSent(): void
}

/** The connections to one host. The seam between the two transports: this one is undici's dispatcher. */
export interface Upstream {
  /** @returns cancels the attempt; the receiver is told nothing more. */
  readonly send: (request: OutgoingRequest, receiver: Receiver) => () => void
  readonly close: () => void
}

const refusedCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])
const exhaustedCodes = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])
const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
const unsendableCodes = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

/** Whether an error says that the gateway itself ran out of something. */
export function isExhausted(code: string | undefined): boolean {
  return code !== undefined && exhaustedCodes.has(code)
}

function kindOf(error: Error): FailureKind {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return 'reset'
  if (refusedCodes.has(code)) return 'refused'
  if (isExhausted(code)) return 'exhausted'
  if (timeoutCodes.has(code)) return 'timeout'
  if (unsendableCodes.has(code)) return 'unsendable'
  return code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' ? 'protocol' : 'reset'
}

function rawHeadersOf(controller: Dispatcher.DispatchController): RawHeaders {
  return (controller.rawHeaders ?? []) as RawHeaders
}

class Attempt implements Dispatcher.DispatchHandler {
  private receiver: Receiver | undefined
  private controller: Dispatcher.DispatchController | undefined

  constructor(receiver: Receiver) {
    this.receiver = receiver
  }

  cancel(): void {
    this.receiver = undefined
    this.controller?.abort(new Error('the client went away'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.receiver === undefined) controller.abort(new Error('the client went away'))
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    _status: number,
    _headers: unknown,
    socket: Duplex,
  ): void {
    const { receiver } = this
    this.receiver = undefined
    // The transport has let go of it; an error that nobody hears would end the process.
    socket.on('error', () => undefined)
    if (receiver === undefined) socket.destroy()
    else receiver.onUpgrade(rawHeadersOf(controller), socket)
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: unknown, reason?: string): void {
    if (status >= 200) this.receiver?.onHead(status, reason ?? '', rawHeadersOf(controller), controller)
    else if (status !== 101) this.receiver?.onHint(status, rawHeadersOf(controller))
    else {
      const { receiver } = this
      this.cancel()
      receiver?.onFailure('protocol', new Error('it switches protocols without saying to which'))
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.receiver?.onData(chunk)
  }

  onResponseEnd(
    _controller: Dispatcher.DispatchController,
    trailers: Record<string, string | string[] | undefined>,
  ): void {
    const { receiver } = this
    this.receiver = undefined
    receiver?.onEnd(trailers)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { receiver } = this
    this.receiver = undefined
    receiver?.onFailure(kindOf(error), error)
  }

  onBodySent(): void {
    this.receiver?.onSent()
  }
}

/** Opens the connections to one host, as they are needed. */
export function openUpstream(address: string, limits: GatewayLimits): Upstream {
  const pool = new Pool(`http://${address}`, {
    connections: limits.connectionsPerHost,
    pipelining: 1,
    connectTimeout: limits.connectMs,
    // The first byte is timed by the exchange, which also knows how long a request waited for a connection.
    headersTimeout: 0,
    bodyTimeout: limits.idleMs,
    maxHeaderSize: limits.maxHeadBytes,
  })
  return {
    send: (request, receiver) => {
      const attempt = new Attempt(receiver)
      pool.dispatch(request, attempt)
      return () => attempt.cancel()
    },
    close: () => {
      pool.destroy().catch(() => undefined)
    },
  }
}
