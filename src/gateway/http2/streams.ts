import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { ClientRequest, ClientResponse } from '../client.ts'
import type { DataPlane } from '../dataPlane.ts'
import type { GatewayLimits } from '../limits.ts'
import { sendOwnAnswer } from '../ownAnswer.ts'
import { Patience } from './patience.ts'
import { StreamAnswer } from './streamAnswer.ts'
import { StreamRequest, translateHead, type ClientAddress } from './streamRequest.ts'

/** More headers than this are refused by the protocol itself; fewer that are too long are answered with 431. */
const maxHeaders = 2_000
const megabytesOfSession = 10

type Take = (request: ClientRequest, response: ClientResponse) => void

interface Connection {
  readonly address: ClientAddress
  readonly patience: Patience
  streams: number
  /** It was told to go; nothing of it is taken any more. */
  isEnding: boolean
}

/** Node knows them, its types do not. */
interface SessionBounds extends ServerOptions {
  /** Frames that are not allowed, before the connection is ended; so for streams that are refused. */
  readonly maxSessionInvalidFrames: number
  readonly maxSessionRejectedStreams: number
  readonly strictSingleValueFields: boolean
}

function optionsFor(limits: GatewayLimits): SessionBounds {
  return {
    settings: {
      enablePush: false,
      maxConcurrentStreams: limits.maxStreams,
      maxHeaderListSize: 2 * limits.maxHeadBytes,
    },
    maxHeaderListPairs: maxHeaders,
    maxSessionMemory: megabytesOfSession,
    maxSettings: 32,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: limits.maxStreams,
    // Behind our own bound, which also sees what makes us reset.
    streamResetBurst: 2 * limits.maxNuisances,
    streamResetRate: limits.nuisancesPerSecond,
    // A host may say a header twice: HTTP/1.1 hands that on as well.
    strictSingleValueFields: false,
  }
}

/** HTTP/2 on the connections of one door, each stream handed on as a request of HTTP/1.1. */
export class Streams {
  private readonly plane: DataPlane
  private readonly take: Take
  private readonly server: Http2Server
  private readonly sessions = new Map<ServerHttp2Session, Connection>()

  constructor(plane: DataPlane, take: Take) {
    this.plane = plane
    this.take = take
    this.server = createServer(optionsFor(plane.limits))
    this.server.on('session', (session) => this.greet(session))
    this.server.on('stream', (stream, _headers, flags, raw) => this.open(stream, raw, flags))
    this.server.on('sessionError', () => undefined)
  }

  /** A connection on which HTTP/2 was agreed. */
  accept(socket: TLSSocket): void {
    this.server.emit('connection', socket)
  }

  private greet(session: ServerHttp2Session): void {
    const { idleMs, maxNuisances, nuisancesPerSecond } = this.plane.limits
    const { remoteAddress } = session.socket
    const connection: Connection = {
      address: { ...(remoteAddress === undefined ? {} : { remoteAddress }), encrypted: true },
      patience: new Patience(maxNuisances, nuisancesPerSecond, performance.now()),
      streams: 0,
      isEnding: false,
    }
    this.sessions.set(session, connection)
    session.on('close', () => this.sessions.delete(session))
    session.on('error', () => undefined)
    session.on('ping', () => this.bear(session))
    session.on('remoteSettings', () => this.bear(session))
    session.setTimeout(idleMs, () => {
      // Nothing moves in either direction: with streams under way it hangs, without it is not needed.
      if (connection.streams === 0) session.close()
      else session.destroy(new Error(`nothing moved for ${idleMs} ms`), constants.NGHTTP2_CANCEL)
    })
  }

  /** One more thing that only costs us: a connection that goes on with it is ended. */
  private bear(session: ServerHttp2Session): void {
    const connection = this.sessions.get(session)
    if (connection === undefined || connection.isEnding || session.destroyed) return
    if (connection.patience.spend(performance.now())) return
    connection.isEnding = true
    this.plane.counters.countRefused('flood')
    // Not from within what the protocol is telling us just now: the connection would stay open.
    setImmediate(() => session.destroy(new Error('too much that only costs'), constants.NGHTTP2_ENHANCE_YOUR_CALM))
  }

  private open(stream: ServerHttp2Stream, raw: readonly string[], flags: number): void {
    const { session } = stream
    const connection = session === undefined ? undefined : this.sessions.get(session as ServerHttp2Session)
    stream.on('error', () => undefined)
    if (connection === undefined || connection.isEnding) return stream.close(constants.NGHTTP2_REFUSED_STREAM)
    connection.streams += 1
    const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    const head = translateHead(raw, !isWhole)
    const request = new StreamRequest(
      stream,
      head.ok ? head : { method: 'GET', url: '/', rawHeaders: [] },
      connection.address,
      flags,
    )
    const answer = new StreamAnswer(stream, request.method === 'HEAD', () => request.complete)
    stream.on('close', () => {
      connection.streams -= 1
      if (!answer.isWhole) this.bear(session as ServerHttp2Session)
    })
    stream.setTimeout(this.plane.limits.idleMs, () => stream.close(constants.NGHTTP2_CANCEL))
    if (!head.ok) return this.refuse(answer, head.text)
    if (head.expectsContinue && !isWhole) answer.sendHint(100, [])
    this.take(request, answer)
  }

  private refuse(answer: StreamAnswer, detail: string): void {
    this.plane.counters.countRefused('malformed')
    sendOwnAnswer(answer, { rule: 'malformed', detail, help: 'Send a request as RFC 9113 describes it.' }, [])
  }

  /** Takes no new streams; those under way end. */
  close(): void {
    for (const session of this.sessions.keys()) session.close()
  }

  destroy(): void {
    for (const session of this.sessions.keys()) session.destroy()
  }
}
