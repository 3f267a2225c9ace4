import { connect as connectHttp2, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import type { TestAnswer, TestRequest } from '../testBed.ts'

export interface TlsAnswer extends TestAnswer {
  readonly fingerprint: string
}

/** One request over HTTP/1.1 and TLS, on a connection of its own. */
export async function askTls(port: number, path: string, options: TestRequest & { servername?: string } = {}) {
  return await new Promise<TlsAnswer>((resolve, reject) => {
    const { method = 'GET', headers = {}, body, servername = '' } = options
    const to = { host: '127.0.0.1', port, path, method, headers, servername, agent: false, rejectUnauthorized: false }
    const asked = request(to, (response) => {
      let text = ''
      const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate()
      response.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, fingerprint: fingerprint256 }),
      )
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** The SHA-256 of the certificate that is shown for a server name. */
export async function shownFor(port: number, servername: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

/** A connection of HTTP/2 by TLS. Its errors are for whoever listens. */
export async function openHttp2(port: number, servername = 'shop.test'): Promise<ClientHttp2Session> {
  return await new Promise((resolve, reject) => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { servername, rejectUnauthorized: false })
    session.once('connect', () => resolve(session))
    session.once('error', reject)
    session.on('error', () => undefined)
  })
}

export interface Http2Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Name, value … of the head. */
  readonly raw: readonly string[]
  readonly text: string
  readonly trailers: IncomingHttpHeaders
  readonly hints: readonly number[]
}

/**
 * One request on a connection of HTTP/2.
 * @param headers name, value, name, value …; pseudo headers among them.
 * @throws with the code of a stream that was reset.
 */
export async function askHttp2(
  session: ClientHttp2Session,
  headers: readonly string[],
  body?: string | Buffer,
): Promise<Http2Answer> {
  return await new Promise((resolve, reject) => {
    const stream = session.request([...headers], { endStream: body === undefined })
    const chunks: Buffer[] = []
    const hints: number[] = []
    let head: { headers: IncomingHttpHeaders; raw: readonly string[] } | undefined
    let trailers: IncomingHttpHeaders = {}
    stream.on(
      'response',
      (given: IncomingHttpHeaders, _flags: number, raw: string[]) => (head = { headers: given, raw }),
    )
    stream.on('headers', (given: IncomingHttpHeaders & { ':status'?: number }) => hints.push(given[':status'] ?? 0))
    stream.on('trailers', (given: IncomingHttpHeaders) => (trailers = given))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('close', () => {
      if (head === undefined || (stream.rstCode !== 0 && stream.rstCode !== undefined))
        return reject(new Error(`the stream was closed with code ${stream.rstCode}`))
      const status = Number((head.headers as { ':status'?: number })[':status'] ?? 0)
      resolve({ status, ...head, text: Buffer.concat(chunks).toString('latin1'), trailers, hints })
    })
    if (body !== undefined) stream.end(body)
  })
}

/** The head of a GET. */
export function getOf(path: string, ...more: readonly string[]): string[] {
  return [':method', 'GET', ':scheme', 'https', ':authority', 'shop.test', ':path', path, ...more]
}

export function postOf(path: string, ...more: readonly string[]): string[] {
  return [':method', 'POST', ':scheme', 'https', ':authority', 'shop.test', ':path', path, ...more]
}
