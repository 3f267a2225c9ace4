import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { RawHeaders } from './marks.ts'

/**
 * The only upgrade that is forwarded: a WebSocket handshake (RFC 6455, 4.1), alone and without a body. Any other
 * `Upgrade`, h2c among them, is taken out of a request that is then like every other.
 */
export function isWebSocketRequest(request: IncomingMessage): boolean {
  const { method, httpVersion, headers } = request
  const length = headers['content-length'] ?? '0'
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['transfer-encoding'] === undefined &&
    length === '0'
  )
}

function valueOf(raw: RawHeaders, name: string): string | undefined {
  for (let i = 0; i + 1 < raw.length; i += 2)
    if (raw[i]!.toString().toLowerCase() === name) return raw[i + 1]!.toString().trim()
  return undefined
}

/** RFC 6455, 4.2.2: what a server answers that read the key. */
export function acceptOf(key: string): string {
  return hash('sha1', `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')
}

/**
 * What is wrong with a 101: a host that only repeats headers did not agree to speak WebSocket, and what a client then
 * sends would be read as requests.
 * @param key `Sec-WebSocket-Key` of the request.
 */
export function handshakeProblem(key: string | undefined, raw: RawHeaders): string | undefined {
  if (valueOf(raw, 'upgrade')?.toLowerCase() !== 'websocket') return 'it switched to another protocol than WebSocket'
  if (key === undefined || valueOf(raw, 'sec-websocket-accept') !== acceptOf(key))
    return 'its Sec-WebSocket-Accept does not belong to the key of the request'
  return undefined
}
