import type { Writable } from 'node:stream'
import type { Door } from '../domain/routing/table.ts'
import { RequestHead } from './requestHead.ts'
import { isTrustedProxy } from './trustedProxies.ts'

/**
 * A request as an exchange sees it, whatever carried it: Node's own of HTTP/1.1, or a stream of HTTP/2 whose head is
 * said in the words of HTTP/1.1.
 */
export interface ClientRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly httpVersion: string
  /** Name, value, name, value …, Latin-1 */
  readonly rawHeaders: readonly string[]
  /** All of it has come. */
  readonly complete: boolean
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean }
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'end' | 'close', listener: () => void): unknown
  pause(): unknown
  resume(): unknown
  isPaused(): boolean
  /** Ends what carries it; nothing more is answered. */
  destroy(): unknown
}

/** The way back to the client. */
export interface ClientResponse {
  sendDate: boolean
  readonly statusCode: number
  readonly destroyed: boolean
  /** HTTP/1.1 only; null while an earlier answer of the same connection is under way. */
  readonly socket: Pick<Writable, 'write'> | null
  writeHead(status: number, headers: string[]): unknown
  writeHead(status: number, reason: string, headers: string[]): unknown
  flushHeaders(): void
  /** @returns false: wait for `drain`. */
  write(chunk: Buffer): boolean
  end(): unknown
  end(chunk: Buffer): unknown
  end(text: string, encoding: 'latin1'): unknown
  addTrailers(trailers: [string, string][]): void
  /** Ends it so that the client sees that it is not whole. */
  destroy(): unknown
  on(event: 'close', listener: () => void): unknown
  once(event: 'drain', listener: () => void): unknown
  /** A head of 1xx, where the protocol has its own way for it. @param headers name, value, name, value … */
  sendHint?(status: number, headers: readonly string[]): void
}

/** What a request says, and whether its client reached this door, or a proxy that is trusted, by TLS. */
export function readHead(request: ClientRequest, door: Door): RequestHead {
  const { remoteAddress, encrypted } = request.socket
  const isTrusted = door.trustedProxies !== undefined && isTrustedProxy(door.trustedProxies, remoteAddress)
  const head = new RequestHead(request.rawHeaders, door.kind === 'front', isTrusted)
  head.isSecure = encrypted === true || head.forwardedProto === 'https'
  return head
}
