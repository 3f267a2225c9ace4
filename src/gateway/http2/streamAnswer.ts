import { constants, type ServerHttp2Stream, type ServerStreamResponseOptions } from 'node:http2'
import type { ClientResponse } from '../client.ts'
import { connectionHeaders } from './connectionHeaders.ts'

/** Node knows it, its types do not: whether a date of ours is added. */
interface RespondOptions extends ServerStreamResponseOptions {
  readonly sendDate: boolean
}

/** The answer on a stream of HTTP/2. */
export class StreamAnswer implements ClientResponse {
  /** HTTP/2 has no socket of its own for an answer. */
  readonly socket = null
  sendDate = false
  statusCode = 200
  /** All of it was given to the stream. */
  isWhole = false
  private readonly stream: ServerHttp2Stream
  private readonly isRequestWhole: () => boolean
  private readonly isHead: boolean
  private headers: string[] = []
  private trailers: [string, string][] = []
  private isEmpty = false

  /** @param isHead the request is a HEAD. */
  constructor(stream: ServerHttp2Stream, isHead: boolean, isRequestWhole: () => boolean) {
    this.stream = stream
    this.isHead = isHead
    this.isRequestWhole = isRequestWhole
  }

  get destroyed(): boolean {
    return this.stream.destroyed || this.stream.closed
  }

  writeHead(status: number, ...more: [headers: string[]] | [reason: string, headers: string[]]): void {
    const given = more.length === 1 ? more[0] : more[1]
    this.statusCode = status
    this.isEmpty = status === 204 || status === 304
    for (let i = 0; i + 1 < given.length; i += 2) {
      const name = given[i]!.toLowerCase()
      if (!connectionHeaders.has(name)) this.headers.push(name, given[i + 1]!)
    }
  }

  /** @param isEnd nothing follows the head. */
  private respond(isEnd: boolean): boolean {
    const { stream } = this
    if (stream.headersSent) return true
    if (this.destroyed) return false
    // What comes after a body can only be told apart from it when there is one that has no length.
    const mayTrail = !isEnd && !this.isEmpty && !this.isHead && !this.headers.includes('content-length')
    const options: RespondOptions = { endStream: isEnd || this.isEmpty, waitForTrailers: mayTrail, sendDate: false }
    try {
      stream.respond([':status', String(this.statusCode), ...this.headers], options)
    } catch {
      // A head that HTTP/2 cannot say.
      stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      return false
    }
    if (mayTrail) stream.once('wantTrailers', () => stream.sendTrailers(Object.fromEntries(this.trailers)))
    return true
  }

  flushHeaders(): void {
    this.respond(false)
  }

  write(chunk: Buffer): boolean {
    if (!this.respond(false) || !this.stream.writable) return true
    return this.stream.write(chunk)
  }

  end(chunk?: Buffer | string, encoding?: 'latin1'): void {
    const { stream } = this
    this.isWhole = true
    if (!this.respond(chunk === undefined || chunk.length === 0) || !stream.writable) return this.leaveRest()
    if (chunk === undefined) stream.end()
    else if (typeof chunk === 'string') stream.end(chunk, encoding ?? 'latin1')
    else stream.end(chunk)
    this.leaveRest()
  }

  /** The client need not go on with a request that is answered (RFC 9113, 8.1). */
  private leaveRest(): void {
    const { stream } = this
    if (this.isRequestWhole() || this.destroyed) return
    const leave = (): void => {
      if (!this.isRequestWhole()) stream.close(constants.NGHTTP2_NO_ERROR)
    }
    if (stream.writableFinished) leave()
    else stream.once('finish', leave)
  }

  addTrailers(trailers: [string, string][]): void {
    for (const [name, value] of trailers) this.trailers.push([name.toLowerCase(), value])
  }

  destroy(): void {
    if (!this.destroyed) this.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }

  sendHint(status: number, headers: readonly string[]): void {
    if (this.destroyed || this.stream.headersSent) return
    const fields: Record<string, string | string[]> = {}
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = headers[i]!.toLowerCase()
      if (connectionHeaders.has(name)) continue
      const before = fields[name]
      fields[name] = before === undefined ? headers[i + 1]! : [before, headers[i + 1]!].flat()
    }
    try {
      this.stream.additionalHeaders({ ...fields, ':status': status })
    } catch {
      // A hint that HTTP/2 cannot say is none.
    }
  }

  on(event: 'close', listener: () => void): unknown {
    return this.stream.on(event, listener)
  }

  once(event: 'drain', listener: () => void): unknown {
    return this.stream.once(event, listener)
  }
}
