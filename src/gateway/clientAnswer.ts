import { STATUS_CODES } from 'node:http'
import type { ClientRequest, ClientResponse } from './client.ts'
import { answerHead, forwardedTrailers, type RawHeaders } from './marks.ts'
import type { TurnEnd } from './turnEnd.ts'

const maxJoinedBytes = 8 * 1024

type Trailers = Readonly<Record<string, string | string[] | undefined>>

/** A reason phrase that may stand in a status line as it came; anything else gives way to the standard one. */
function safeReason(status: number, reason: string): string {
  return /^[\t\x20-\x7e]*$/.test(reason) ? reason : (STATUS_CODES[status] ?? '')
}

function isEventStream(headers: readonly string[]): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i]!.toLowerCase() === 'content-type') return headers[i + 1]!.startsWith('text/event-stream')
  return false
}

/** What the client gets of a host's answer: as soon as it came, in as few writes as it can be. */
export class ClientAnswer {
  /** Bytes of the answer may have left: it can only be cut, not replaced. */
  isBegun = false
  /** Monotonic milliseconds at which a stream of events began; undefined for any other answer. */
  streamsSinceMs: number | undefined
  private readonly request: ClientRequest
  private readonly response: ClientResponse
  private readonly turnEnd: TurnEnd
  private status = 0
  private reason = ''
  private headers: string[] | undefined
  private contentLength = -1
  private whole: Buffer | undefined

  constructor(request: ClientRequest, response: ClientResponse, turnEnd: TurnEnd) {
    this.request = request
    this.response = response
    this.turnEnd = turnEnd
  }

  get hasHead(): boolean {
    return this.headers !== undefined
  }

  /** A head of 1xx: handed on to who can read it, and only before the answer itself. */
  hint(status: number, raw: RawHeaders): void {
    const { request, response } = this
    // A 100 was asked for by nobody behind this gateway: it says 100 itself.
    if (status !== 102 && status !== 103) return
    if (this.hasHead) return
    if (response.sendHint !== undefined) return response.sendHint(status, answerHead(status, raw).headers)
    // Without its socket, the answer waits behind another one of the same connection.
    if (request.httpVersion !== '1.1' || response.socket === null) return
    const { headers } = answerHead(status, raw)
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]!}: ${headers[i + 1]!}\r\n`
    response.socket.write(`${text}\r\n`, 'latin1')
  }

  /**
   * The head leaves with the first bytes of the body, or at the end of this turn.
   * @param own what the gateway adds: name, value, name, value …
   * @returns what is wrong with the head; nothing was taken then.
   */
  take(status: number, reason: string, raw: RawHeaders, own: readonly string[]): string | undefined {
    const { headers, contentLength, trailer, problem } = answerHead(status, raw)
    if (problem !== undefined) return problem
    headers.push(...own)
    if (trailer !== undefined && contentLength === -1 && this.mayHaveTrailers(status)) headers.push('trailer', trailer)
    this.status = status
    this.reason = safeReason(status, reason)
    this.headers = headers
    this.contentLength = contentLength
    if (contentLength === -1 && isEventStream(headers)) this.streamsSinceMs = performance.now()
    this.turnEnd.add(this)
    return undefined
  }

  private mayHaveTrailers(status: number): boolean {
    return this.request.httpVersion === '1.1' && this.request.method !== 'HEAD' && status !== 204 && status !== 304
  }

  private writeHead(): void {
    if (this.isBegun || this.headers === undefined) return
    this.isBegun = true
    this.response.writeHead(this.status, this.reason, this.headers)
  }

  /** A head whose body has not begun in the turn in which it came: the client must not wait for it. */
  onTurnEnd(): void {
    if (this.isBegun || this.response.destroyed) return
    this.writeHead()
    this.response.flushHeaders()
  }

  /** @returns false: wait for the response's `drain`. */
  data(chunk: Buffer): boolean {
    if (!this.isBegun && chunk.length === this.contentLength) {
      // The whole body in one piece: kept for `end`, in the same turn, so that head and body leave in one write.
      this.whole = chunk
      return true
    }
    this.writeHead()
    return this.response.write(chunk)
  }

  end(trailers: Trailers): void {
    const { response, whole } = this
    this.writeHead()
    for (const [name, value] of forwardedTrailers(trailers)) response.addTrailers([[name, value]])
    if (whole === undefined) response.end()
    // As Latin-1 text a small body is joined with the head, byte for byte: one buffer in one write.
    else if (whole.length <= maxJoinedBytes) response.end(whole.toString('latin1'), 'latin1')
    else response.end(whole)
  }
}
