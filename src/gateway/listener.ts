import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { IndexedDoor } from '../domain/routing/routeIndex.ts'
import type { RefusalRule } from '../domain/routing/why.ts'
import type { ClientRequest, ClientResponse } from './client.ts'
import type { DataPlane } from './dataPlane.ts'
import { Exchange } from './exchange.ts'
import { Streams } from './http2/streams.ts'
import type { GatewayLimits } from './limits.ts'
import { rawOwnAnswer, sendOwnAnswer } from './ownAnswer.ts'
import { SecureFront } from './tls/secureFront.ts'
import { isLetIn } from './trustedProxies.ts'
import type { ClientUpgrade } from './tunnels.ts'
import { isWebSocketRequest } from './webSocket.ts'

/** A port that the table asks for cannot be opened. */
export class PortTaken extends Error {
  readonly port: number

  constructor({ address, port }: Place, cause: unknown) {
    super(`port ${port} on ${address} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.name = 'PortTaken'
    this.port = port
  }
}

/** Where a door listens. */
export interface Place {
  readonly address: string
  readonly port: number
}

/** How long a client may take to close after the last answer. */
const lastWordsMs = 1_000

const badRequest = { detail: 'the request is not HTTP/1.1', help: 'Send a request as RFC 9112 describes it.' }

function ruleOf(error: NodeJS.ErrnoException): RefusalRule {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'head-too-large'
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'too-slow' : 'malformed'
}

function detailOf(rule: RefusalRule, limits: GatewayLimits, error: Error): { detail: string; help: string } {
  if (rule === 'head-too-large')
    return { detail: `the head is larger than ${limits.maxHeadBytes} bytes`, help: 'Send fewer or shorter headers.' }
  if (rule === 'too-slow')
    return { detail: `the head did not arrive within ${limits.headMs} ms`, help: 'Send it faster.' }
  return { ...badRequest, detail: `${badRequest.detail}: ${error.message}` }
}

/** One open door: a port. Which door of the table it is, and whether it speaks TLS, may change with each table. */
export class Listener {
  readonly place: Place
  private readonly plane: DataPlane
  private readonly door: () => IndexedDoor | undefined
  private readonly server: Server
  /** Made when the door speaks TLS for the first time. */
  private secure: { readonly front: SecureFront; readonly streams: Streams } | undefined
  private serveHttp1: (socket: Socket) => void = () => undefined

  private constructor(place: Place, plane: DataPlane, door: () => IndexedDoor | undefined) {
    this.place = place
    this.plane = plane
    this.door = door
    this.server = this.createServer()
  }

  /**
   * @param door the door that this port is, in the index in force; undefined: not in it yet.
   * @throws PortTaken
   */
  static async open(place: Place, plane: DataPlane, door: () => IndexedDoor | undefined): Promise<Listener> {
    const listener = new Listener(place, plane, door)
    await listen(listener.server, place)
    return listener
  }

  private createServer(): Server {
    const { plane } = this
    const { limits } = plane
    const server = createServer({
      maxHeaderSize: limits.maxHeadBytes,
      headersTimeout: limits.headMs,
      requestTimeout: 0,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headMs),
      // Missing and repeated Host headers are refused by `admit`, with an explanation.
      requireHostHeader: false,
      noDelay: true,
      // Behind an answer that is still under way there is no connection to hand over: a request like any other then.
      shouldUpgradeCallback: (request) => isWebSocketRequest(request) && answerUnderWay(request.socket) === undefined,
    })
    server.timeout = limits.idleMs
    // The default silently drops what comes after 2,000 headers; the head's size is the bound.
    server.maxHeadersCount = 0
    const take = (request: IncomingMessage, response: ServerResponse, upgrade?: ClientUpgrade): void =>
      this.takeHttp1(request, response, upgrade)
    this.standBefore(server)
    server.on('request', take)
    // Only 100-continue is known, and the server says that itself: any other expectation is dropped, as peers do.
    server.on('checkExpectation', take)
    server.on('upgrade', (request, _socket, early) => {
      const { socket } = request
      const response = answerOn(request, socket)
      const key = request.headers['sec-websocket-key']
      take(request, response, { socket, early, key, release: () => response.detachSocket(socket) })
    })
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
      if (endsAfterAnswer(socket)) return
      const rule = ruleOf(error)
      plane.counters.countRefused(rule)
      socket.end(rawOwnAnswer({ rule, ...detailOf(rule, limits, error) }), () => socket.destroy())
    })
    server.on('connect', (_request, socket) => {
      plane.counters.countRefused('malformed')
      socket.end(
        rawOwnAnswer({ rule: 'malformed', detail: 'CONNECT is not forwarded', help: 'Send a request with a path.' }),
      )
    })
    return server
  }

  /**
   * A connection becomes HTTP/1.1 by Node's own listener, which is called for what is in the clear and for what TLS has
   * opened: so both have the same rules, and a port can begin to speak TLS without being closed.
   */
  private standBefore(server: Server): void {
    const own = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
    server.removeAllListeners('connection')
    this.serveHttp1 = (socket) => {
      for (const listener of own) listener.call(server, socket)
    }
    server.on('connection', (socket) => this.takeConnection(socket))
  }

  private takeConnection(socket: Socket): void {
    const { plane } = this
    const door = this.door()?.door
    if (door?.tls === undefined) {
      this.serveHttp1(socket)
      plane.crowd.enter(socket)
      if (door === undefined || isLetIn(door, socket.remoteAddress)) return
      plane.counters.countRefused('not-trusted')
      return void socket.destroy()
    }
    plane.crowd.enter(socket)
    // A handshake costs more than the politeness is worth.
    if (plane.crowd.isCrowdedOut(socket)) return void socket.destroy()
    this.secure ??= this.createSecure()
    this.secure.front.take(socket, door.tls)
  }

  private createSecure(): { readonly front: SecureFront; readonly streams: Streams } {
    const streams = new Streams(this.plane, (request, response) => this.exchange(request, response))
    const front = new SecureFront(this.plane, {
      http1: (socket) => this.serveHttp1(socket),
      http2: (socket) => streams.accept(socket),
    })
    return { front, streams }
  }

  private takeHttp1(request: IncomingMessage, response: ServerResponse, upgrade?: ClientUpgrade): void {
    const { plane } = this
    if (plane.crowd.isCrowdedOut(request.socket)) return refuseCrowded(plane, response)
    // A closed door ends its connections with their last answer; one that speaks TLS by now those that do not.
    const mustBeSecure = this.secure !== undefined && this.door()?.door.tls !== undefined
    if (!this.server.listening || (mustBeSecure && !('encrypted' in request.socket))) response.shouldKeepAlive = false
    this.exchange(request, response, upgrade)
  }

  private exchange(request: ClientRequest, response: ClientResponse, upgrade?: ClientUpgrade): void {
    const door = this.door()
    if (door === undefined) return refuseClosed(this.plane, response)
    new Exchange(this.plane, door, request, response, upgrade).start()
  }

  /** Accepts nothing more; requests in flight end. Resolves when all connections are gone or `withinMs` passed. */
  async close(withinMs: number): Promise<void> {
    const { server, secure } = this
    await new Promise<void>((resolve) => {
      const idle = setInterval(() => server.closeIdleConnections(), 50)
      const limit = setTimeout(() => {
        server.closeAllConnections()
        secure?.streams.destroy()
        secure?.front.destroy()
      }, withinMs)
      secure?.streams.close()
      server.close(() => {
        clearInterval(idle)
        clearTimeout(limit)
        resolve()
      })
    })
  }
}

/** The answer that a connection is busy with; Node has no public name for it. */
function answerUnderWay(
  socket: Socket & { readonly _httpMessage?: ServerResponse | null },
): ServerResponse | undefined {
  return socket._httpMessage ?? undefined
}

/**
 * Bytes that are no request came while, or after, an earlier request is answered: that answer stays whole, and is the last.
 * @returns whether there is such an answer.
 */
function endsAfterAnswer(socket: Socket): boolean {
  const current = answerUnderWay(socket)
  if (current === undefined || !(current.headersSent || current.req.complete)) return false
  if (!current.headersSent) current.shouldKeepAlive = false
  if (current.writableFinished) socket.destroySoon()
  else current.once('finish', () => socket.destroySoon())
  return true
}

/** An answer on a connection that its server has let go of: the last one. */
function answerOn(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  socket.on('error', () => undefined)
  response.assignSocket(socket)
  socket.on('drain', () => response.emit('drain'))
  response.once('finish', () => {
    response.detachSocket(socket)
    // Unread bytes would turn the end into a reset, which may overtake the answer.
    socket.resume()
    socket.setTimeout(lastWordsMs, () => socket.destroy())
    socket.end()
  })
  return response
}

function refuseClosed(plane: DataPlane, response: ClientResponse): void {
  plane.counters.countRefused('no-host')
  const answer = {
    rule: 'no-host',
    detail: 'this door is not in the route table',
    help: 'Use a door that `cofferdam status` shows.',
  } as const
  sendOwnAnswer(response, answer, ['connection', 'close'])
}

function refuseCrowded(plane: DataPlane, response: ServerResponse): void {
  plane.counters.countRefused('overloaded')
  const detail = 'the gateway has as many connections as it has descriptors for'
  sendOwnAnswer(response, { rule: 'overloaded', detail, help: 'Try again later.' }, ['connection', 'close'])
}

async function listen(server: Server, { address, port }: Place): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new PortTaken({ address, port }, error)))
    server.listen({ host: address, port, backlog: 1024 }, () => resolve())
  })
}
