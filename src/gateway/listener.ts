import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { RefusalRule } from '../domain/routing/why.ts'
import type { DataPlane } from './dataPlane.ts'
import { Exchange } from './exchange.ts'
import type { GatewayLimits } from './limits.ts'
import { rawOwnAnswer, sendOwnAnswer } from './ownAnswer.ts'
import type { ClientUpgrade } from './tunnels.ts'
import { isWebSocketRequest } from './webSocket.ts'

/** A port that the table asks for cannot be opened. */
export class PortTaken extends Error {
  readonly port: number

  constructor(port: number, cause: unknown) {
    super(`port ${port} on 127.0.0.1 cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.name = 'PortTaken'
    this.port = port
  }
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

/** One open door: a port on 127.0.0.1. Which door of the table it is may change with each table. */
export class Listener {
  readonly port: number
  private readonly server: Server

  private constructor(port: number, server: Server) {
    this.port = port
    this.server = server
  }

  /**
   * @param doorId the door that this port is, in the index in force; undefined: not in it yet.
   * @throws PortTaken
   */
  static async open(port: number, plane: DataPlane, doorId: () => string | undefined): Promise<Listener> {
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
    const take = (request: IncomingMessage, response: ServerResponse, upgrade?: ClientUpgrade): void => {
      if (plane.crowd.isCrowdedOut(request.socket)) return refuseCrowded(plane, response)
      const id = doorId()
      const door = id === undefined ? undefined : plane.index.doors.get(id)
      if (door === undefined) return refuseClosed(plane, response)
      // A closed door ends its connections with their last answer.
      if (!server.listening) response.shouldKeepAlive = false
      new Exchange(plane, door, request, response, upgrade).start()
    }
    server.on('connection', (socket) => plane.crowd.enter(socket))
    server.on('request', take)
    // Only 100-continue is known, and the server says that itself: any other expectation is dropped, as peers do.
    server.on('checkExpectation', take)
    server.on('upgrade', (request, _socket, early) => {
      const { socket } = request
      take(request, answerOn(request, socket), { socket, early })
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
    await listen(server, port)
    return new Listener((server.address() as AddressInfo).port, server)
  }

  /** Accepts nothing more; requests in flight end. Resolves when all connections are gone or `withinMs` passed. */
  async close(withinMs: number): Promise<void> {
    const { server } = this
    await new Promise<void>((resolve) => {
      const idle = setInterval(() => server.closeIdleConnections(), 50)
      const limit = setTimeout(() => server.closeAllConnections(), withinMs)
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

function refuseClosed(plane: DataPlane, response: ServerResponse): void {
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

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new PortTaken(port, error)))
    server.listen({ host: '127.0.0.1', port, backlog: 1024 }, () => resolve())
  })
}
