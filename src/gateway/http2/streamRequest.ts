import { METHODS } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { ClientRequest } from '../client.ts'
import { connectionHeaders } from './connectionHeaders.ts'

const methods = new Set(METHODS.filter((method) => method !== 'CONNECT'))

/** The head of a stream in the words of HTTP/1.1, or why it has none. */
export type TranslatedHead =
  | {
      readonly ok: true
      readonly method: string
      readonly url: string
      /** Name, value, name, value … */
      readonly rawHeaders: string[]
      readonly expectsContinue: boolean
    }
  | { readonly ok: false; readonly text: string }

/**
 * Says the head of a stream as HTTP/1.1 would: the authority is the Host, cookies in several fields are one, and a body
 * without a length is chunked. What two readers could read in two ways is refused.
 * @param raw name, value, name, value …, pseudo headers among them.
 * @param hasBody something follows the head.
 */
export function translateHead(raw: readonly string[], hasBody: boolean): TranslatedHead {
  const pseudo = new Map<string, string>()
  const headers: string[] = []
  let host: string | undefined
  let cookieAt = -1
  let hasLength = false
  let expectsContinue = false
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!
    const value = raw[i + 1]!
    if (name.startsWith(':')) {
      if (pseudo.has(name)) return { ok: false, text: `the request has ${name} twice; allowed: once` }
      pseudo.set(name, value)
    } else if (connectionHeaders.has(name) || (name === 'te' && value !== 'trailers')) {
      return { ok: false, text: `the request has the header ${name}, which HTTP/2 does not have; allowed: others` }
    } else if (name === 'host') {
      if (host !== undefined) return { ok: false, text: 'the request has 2 Host headers; allowed: one' }
      host = value
    } else if (name === 'cookie' && cookieAt !== -1) {
      headers[cookieAt] = `${headers[cookieAt]!}; ${value}`
    } else {
      if (name === 'cookie') cookieAt = headers.length + 1
      else if (name === 'content-length') hasLength = true
      else if (name === 'expect') expectsContinue = value.toLowerCase() === '100-continue'
      headers.push(name, value)
    }
  }
  const authority = pseudo.get(':authority')
  const problem = pseudoProblem(pseudo, authority, host)
  if (problem !== undefined) return { ok: false, text: problem }
  headers.push('host', authority ?? host!)
  if (hasBody && !hasLength) headers.push('transfer-encoding', 'chunked')
  return { ok: true, method: pseudo.get(':method')!, url: pseudo.get(':path')!, rawHeaders: headers, expectsContinue }
}

function pseudoProblem(
  pseudo: ReadonlyMap<string, string>,
  authority: string | undefined,
  host: string | undefined,
): string | undefined {
  const method = pseudo.get(':method') ?? ''
  const path = pseudo.get(':path') ?? ''
  const scheme = pseudo.get(':scheme')
  if (method === 'CONNECT') return 'CONNECT is not forwarded'
  if (!methods.has(method)) return `the method is ${JSON.stringify(method.slice(0, 100))}; allowed: those of HTTP`
  if (scheme !== 'https' && scheme !== 'http')
    return `the scheme is ${JSON.stringify((scheme ?? '').slice(0, 100))}; allowed: https`
  // What a reader of HTTP/1.1 would not take for one word.
  if (!/^\/[\x21-\x7e]*$/.test(path))
    return `the path is ${JSON.stringify(path.slice(0, 100))}; allowed: a path that begins with "/", in ASCII`
  if (authority === undefined && host === undefined) return 'the request names no host; allowed: :authority'
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase())
    return 'the request has an :authority and another Host; allowed: the same'
  return undefined
}

/** The address of a client, for all streams of its connection. */
export type ClientAddress = ClientRequest['socket']

/** A stream of HTTP/2 as a request of HTTP/1.1. */
export class StreamRequest implements ClientRequest {
  readonly httpVersion = '1.1'
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly socket: ClientAddress
  complete: boolean
  private readonly stream: ServerHttp2Stream

  /** @param flags of the frame that ended the head. */
  constructor(
    stream: ServerHttp2Stream,
    head: { readonly method: string; readonly url: string; readonly rawHeaders: readonly string[] },
    socket: ClientAddress,
    flags: number,
  ) {
    this.stream = stream
    this.method = head.method
    this.url = head.url
    this.rawHeaders = head.rawHeaders
    this.socket = socket
    this.complete = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    stream.once('end', () => (this.complete = true))
  }

  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: string, listener: ((chunk: Buffer) => void) | (() => void) | ((error: Error) => void)): unknown {
    return this.stream.on(event, listener as () => void)
  }

  once(event: 'end' | 'close', listener: () => void): unknown {
    return this.stream.once(event, listener)
  }

  pause(): void {
    this.stream.pause()
  }

  resume(): void {
    this.stream.resume()
  }

  isPaused(): boolean {
    return this.stream.isPaused()
  }

  /** The stream alone: others of the connection go on. */
  destroy(): void {
    this.stream.close(constants.NGHTTP2_CANCEL)
  }
}
