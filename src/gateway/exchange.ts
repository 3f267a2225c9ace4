import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { resolve, type Resolved, type RoutedRequest } from '../domain/routing/resolve.ts'
import type { IndexedDoor, IndexedService } from '../domain/routing/routeIndex.ts'
import type { RefusalRule } from '../domain/routing/why.ts'
import { admit, keyRedirect, type Admitted } from './admission.ts'
import { BodyPace } from './bodyPace.ts'
import { readHead, type ClientRequest, type ClientResponse } from './client.ts'
import { ClientAnswer } from './clientAnswer.ts'
import type { DataPlane } from './dataPlane.ts'
import { answerHead, outgoingHeaders, type RawHeaders } from './marks.ts'
import { findNextSeat } from './nextSeat.ts'
import { sendOwnAnswer, sendRedirect } from './ownAnswer.ts'
import { layerState, type LayerPool, type Seat } from './pools.ts'
import { readWhole, RequestBody } from './requestBody.ts'
import type { RequestHead } from './requestHead.ts'
import { newSession, sessionDraw, sessionOf, sessionSetCookie } from './sessionDraw.ts'
import type { FailureKind, Flow, OutgoingRequest, Receiver } from './transport.ts'
import type { ClientUpgrade } from './tunnels.ts'
import type { Waiting } from './waitWatch.ts'
import { handshakeProblem } from './webSocket.ts'
import type { Claim } from './workers/callLedger.ts'

/** After these the connection may not be in step. */
const closing = new Set<RefusalRule>(['malformed', 'head-too-large'])

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** One request on its way: routed, forwarded, at most once tried again, and counted once with its first outcome. */
export class Exchange implements Receiver, Waiting {
  waitingSinceMs = 0
  private readonly plane: DataPlane
  private readonly layers: readonly LayerPool[]
  private readonly door: IndexedDoor
  private readonly request: ClientRequest
  private readonly response: ClientResponse
  private readonly head: RequestHead
  private readonly startedAtMs = performance.now()
  private readonly isFront: boolean
  private requestId: string
  private session: string | undefined
  private isNewSession = false
  private routed: RoutedRequest | undefined
  private resolved: Resolved | undefined
  private seat: Seat | undefined
  private outgoing: OutgoingRequest | undefined
  private cancel: (() => void) | undefined
  private attempts = 0
  private isCounted = false
  private call: Claim | undefined
  private isDone = false
  private status = 0
  private readonly answer: ClientAnswer
  private readonly upgrade: ClientUpgrade | undefined
  private flow: Flow | undefined

  /** @param upgrade the client asks for a WebSocket. */
  constructor(
    plane: DataPlane,
    door: IndexedDoor,
    request: ClientRequest,
    response: ClientResponse,
    upgrade?: ClientUpgrade,
  ) {
    this.plane = plane
    this.layers = plane.pools.layers
    this.door = door
    this.request = request
    this.response = response
    this.answer = new ClientAnswer(request, response, plane.turnEnd)
    this.upgrade = upgrade
    this.isFront = door.door.kind === 'front'
    this.head = readHead(request, door.door)
    this.requestId = this.isFront ? randomUUID() : (this.head.requestId ?? randomUUID())
    plane.counters.inFlight += 1
    response.sendDate = false
    response.on('close', () => this.onClientGone())
  }

  /** Routes the request and sends it on, or answers it. */
  start(): void {
    const { head, request, door } = this
    const { maxHeadBytes } = this.plane.limits
    // The server's own limit does not count what stands between names and values.
    if (head.bytes > maxHeadBytes)
      return this.refuse(
        'head-too-large',
        `the head is larger than ${maxHeadBytes} bytes`,
        'Send fewer or shorter headers.',
      )
    const admission = admit(door, head, request.url ?? '/', request.httpVersion)
    if (!admission.ok) return this.refuse('malformed', admission.text, 'Send a request as RFC 9112 describes it.')
    const { admitted } = admission
    const method = request.method ?? 'GET'
    const redirect = keyRedirect(door, head, method, admitted)
    if (redirect !== undefined) {
      sendRedirect(this.response, redirect.location, redirect.setCookie)
      return this.finish()
    }
    if (this.upgrade !== undefined && !this.plane.tunnels.hasRoom) {
      const text = `${this.plane.limits.maxTunnels} WebSockets are open, which is the limit`
      return this.refuse('overloaded', text, 'Try again later.')
    }
    if (head.contentLength !== undefined && Number(head.contentLength) > this.plane.limits.maxBodyBytes)
      return this.refuseTooLarge()
    this.route(method, admitted)
  }

  private route(method: string, admitted: Admitted): void {
    const { path, host, key } = admitted
    this.routed = { method, host, path, nowMs: Date.now(), ...(key === undefined ? {} : { key }) }
    const resolution = resolve(
      this.door,
      this.routed,
      (service, bySession) => this.draw(service, bySession),
      (layer) => layerState(this.layers, layer),
    )
    if (resolution.kind === 'refused') return this.refuse(resolution.rule, resolution.text, resolution.help)
    this.resolved = resolution
    const pool = this.layers[resolution.layer.number]!
    const seat = pool.pick(this.plane.limits.inFlightPerHost)
    if (seat === undefined) return this.refuseOverloaded(pool)
    this.claim(seat)
    this.noteRepeat(method, admitted)
    this.prepare(method, admitted)
  }

  /** By session or by request; a page without a session gets one now, so that its next requests stay where it was. */
  private draw(service: IndexedService, bySession: boolean): number {
    if (!bySession) return Math.random()
    return sessionDraw(this.ensureSession(), service.name)
  }

  private ensureSession(): string {
    this.session ??= sessionOf(this.head.cookie)
    if (this.session === undefined) {
      this.session = newSession()
      this.isNewSession = true
    }
    return this.session
  }

  private noteRepeat(method: string, admitted: Admitted): void {
    const { caller } = this.door.door
    if (this.isFront || this.head.requestId === undefined || caller === undefined) return
    const call = `${this.head.requestId} ${caller} ${method} ${this.door.environment.name} ${admitted.path}${admitted.query}`
    if (this.plane.repeats.isRepeat(call, this.startedAtMs)) this.isCounted = true
    else this.call = this.plane.calls?.claim(call)
  }

  private claim(seat: Seat): void {
    this.seat = seat
    seat.backend.claim()
  }

  private prepare(method: string, admitted: Admitted): void {
    const { head, request, plane } = this
    const headers = outgoingHeaders(head, {
      isFront: this.isFront,
      requestId: this.requestId,
      clientAddress: request.socket.remoteAddress ?? 'unknown',
      key: admitted.key?.key,
      keyState: this.resolved!.keyState,
    })
    const path = admitted.path + admitted.query
    if (this.upgrade !== undefined) return this.send({ method, path, headers, body: null, upgrade: 'websocket' })
    if (!head.hasBody) return this.send({ method, path, headers, body: null })
    const length = head.isChunked ? Infinity : Number(head.contentLength)
    const pace = new BodyPace(plane.bodies, plane.limits, (text) => this.refuseTooSlow(text))
    if (length <= plane.limits.wholeBodyBytes) {
      readWhole(request, pace, (body) => {
        if (body !== undefined && !this.isDone) this.send({ method, path, headers, body })
      })
      return
    }
    if (!head.isChunked) headers.push('content-length', String(length))
    const body = new RequestBody(request, plane.limits.maxBodyBytes, pace, () => this.refuseTooLarge())
    this.send({ method, path, headers, body })
  }

  private send(outgoing: OutgoingRequest): void {
    this.outgoing = outgoing
    this.attempts += 1
    this.waitingSinceMs = performance.now()
    this.plane.firstBytes.add(this)
    this.cancel = this.seat!.backend.upstream.send(outgoing, this)
  }

  onSent(): void {
    this.waitingSinceMs = performance.now()
  }

  onHint(status: number, raw: RawHeaders): void {
    this.waitingSinceMs = performance.now()
    if (!this.isDone) this.answer.hint(status, raw)
  }

  onHead(status: number, reason: string, raw: RawHeaders, flow: Flow): void {
    this.plane.firstBytes.remove(this)
    if (this.isDone) return
    this.status = status
    this.flow = flow
    const problem = this.answer.take(status, reason, raw, this.ownHeaders())
    if (problem === undefined) return
    this.cancel?.()
    this.onFailure('protocol', new Error(problem))
  }

  /** What the gateway adds to an answer that came from a host: name, value, name, value … */
  private ownHeaders(): string[] {
    const headers: string[] = []
    const { servedBy } = this.door.door
    const { keyState, insteadOf, service } = this.resolved!
    if (servedBy === 'always' || (servedBy === 'keyed' && keyState !== 'none')) {
      const instead = insteadOf === undefined ? '' : `;instead-of=${insteadOf.layer.name}`
      headers.push('x-cofferdam-served-by', this.seat!.servedBy + instead)
    }
    if (keyState === 'unknown' || keyState === 'expired') headers.push('x-cofferdam-key-state', keyState)
    if (this.isFront && service.pages) {
      const session = this.ensureSession()
      if (this.isNewSession) headers.push('set-cookie', sessionSetCookie(session, this.head.isSecure))
    }
    return headers
  }

  onData(chunk: Buffer): void {
    if (this.isDone || this.answer.data(chunk)) return
    this.flow?.pause()
    this.response.once('drain', () => this.flow?.resume())
  }

  onEnd(trailers: Readonly<Record<string, string | string[] | undefined>>): void {
    if (this.isDone) return
    this.answer.end(trailers)
    this.count(this.status, this.status >= 500)
    this.finish()
  }

  /** The handshake's outcome is that of the request; what follows is a tunnel, and not in flight. */
  onUpgrade(raw: RawHeaders, socket: Duplex): void {
    this.plane.firstBytes.remove(this)
    const { upgrade, seat } = this
    if (this.isDone || upgrade === undefined || seat === undefined) return void socket.destroy()
    const problem = handshakeProblem(upgrade.key, raw)
    if (problem !== undefined) {
      socket.destroy()
      return this.onFailure('protocol', new Error(problem))
    }
    const headers = [...answerHead(101, raw).headers, ...this.ownHeaders()]
    this.count(101, false)
    this.finish()
    upgrade.release()
    this.plane.tunnels.join(upgrade, { headers, socket, backend: seat.backend, doorId: this.door.door.id })
  }

  onFailure(kind: FailureKind, error: Error): void {
    this.plane.firstBytes.remove(this)
    if (this.isDone) return
    if (kind === 'unsendable')
      return this.refuse('malformed', error.message, 'Send a request as RFC 9112 describes it.')
    if (kind === 'exhausted')
      return this.refuse('overloaded', `the gateway has no room: ${error.message}`, 'Try again later.')
    const isTimeout = kind === 'timeout'
    this.count(isTimeout ? 504 : 502, true)
    if (this.answer.isBegun) return this.cut()
    const { backend } = this.seat!
    if (kind === 'refused' || kind === 'reset') {
      const isLast = !this.layers[this.resolved!.layer.number]!.isAlive(backend)
      this.plane.health.noteFailure(backend, kind, error, isLast)
      if (this.tryAgain(kind)) return
    }
    if (isTimeout) return this.refuseForHost('upstream-timeout', 'did not go on with its answer')
    const what = kind === 'protocol' ? 'did not answer in HTTP/1.1' : 'ended the connection'
    this.refuseForHost('upstream-failed', `${what}: ${error.message}`)
  }

  onWaitedTooLong(): void {
    if (this.isDone) return
    const body = this.outgoing?.body
    if (body instanceof RequestBody && body.waitsForClient) {
      // Not the host's wait: how slow a client may be is bounded by its pace.
      this.waitingSinceMs = performance.now()
      return this.plane.firstBytes.add(this)
    }
    this.cancel?.()
    this.count(504, true)
    this.refuseForHost('upstream-timeout', `sent no byte within ${this.plane.limits.firstByteMs} ms`)
  }

  /** The client must see that the answer is not whole. */
  private cut(): void {
    this.finish()
    this.response.destroy()
  }

  /** Once, when nothing can have happened or may happen twice: same layer, another host, else the next in line. */
  private tryAgain(kind: FailureKind): boolean {
    const { outgoing, routed } = this
    if (this.attempts > 1 || outgoing === undefined || routed === undefined) return false
    if (!idempotent.has(outgoing.method) || outgoing.body instanceof RequestBody) return false
    const failed = this.seat!
    const { backend } = failed
    const next = findNextSeat(this.plane, this.door, routed, { backend, draw: this.resolved!.draw ?? 0 })
    if (next !== undefined) this.resolved = next.resolved
    // No other host, and the connection may only have been stale: the same host gets a second chance.
    const again = next?.seat ?? (kind === 'reset' ? failed : undefined)
    if (again === undefined) return false
    this.plane.counters.retries += 1
    backend.release()
    this.claim(again)
    this.send(outgoing)
    return true
  }

  private count(status: number, bad: boolean): void {
    this.status = status
    if (this.isCounted || this.seat === undefined) return
    this.isCounted = true
    const ms = (this.answer.streamsSinceMs ?? performance.now()) - this.startedAtMs
    if (this.call === undefined) this.seat.tally.count(status, bad, ms)
    else this.plane.calls?.end(this.call, this.seat.tally.labels, { status, bad, ms })
  }

  private onClientGone(): void {
    if (this.isDone) return
    this.cancel?.()
    // A client leaves a stream of events when it has seen enough: that it began is the outcome.
    if (this.answer.streamsSinceMs !== undefined) this.count(this.status, this.status >= 500)
    else this.countAborted()
    this.status = 499
    this.finish()
  }

  private countAborted(): void {
    if (this.isCounted || this.seat === undefined) return
    const { tally } = this.seat
    if (this.call === undefined) tally.countAborted()
    else this.plane.calls?.end(this.call, tally.labels, 'aborted')
  }

  private refuseOverloaded(pool: LayerPool): void {
    const seat = pool.peek()
    const { service } = this.resolved!
    // The host is too slow for what it is given: that is its outcome, although nothing was sent to it.
    seat?.tally.count(503, true, 0)
    const text = `each host of "${service.name}" has ${this.plane.limits.inFlightPerHost} requests in flight, which is the limit`
    this.refuse('overloaded', text, 'Try again later.')
  }

  private refuseTooLarge(): void {
    const text = `the body is larger than ${this.plane.limits.maxBodyBytes} bytes`
    if (this.answer.isBegun) this.cut()
    else this.refuse('body-too-large', text, 'Send less.')
  }

  private refuseForHost(rule: RefusalRule, what: string): void {
    this.refuse(rule, `host "${this.seat!.host}" of "${this.resolved!.service.name}" ${what}`, 'Its log may say why.')
  }

  /** The client's fault: no outcome of the host. */
  private refuseTooSlow(text: string): void {
    // Its answer went ahead of its body: only the connection is left to end.
    if (this.isDone || this.answer.isBegun) return void this.request.destroy()
    this.countAborted()
    this.refuse('too-slow', text, 'Send it faster.')
  }

  private refuse(rule: RefusalRule, detail: string, help: string): void {
    if (this.isDone) return
    this.cancel?.()
    const { response, seat, requestId } = this
    this.plane.counters.countRefused(rule)
    const more = ['x-request-id', requestId]
    const { servedBy } = this.door.door
    const keyState = this.resolved?.keyState ?? 'none'
    if (seat !== undefined && (servedBy === 'always' || (servedBy === 'keyed' && keyState !== 'none'))) {
      more.push('x-cofferdam-served-by', seat.servedBy)
    }
    // What is left of the request's body is not read.
    if (this.head.hasBody || closing.has(rule)) more.push('connection', 'close')
    sendOwnAnswer(response, { rule, detail, help, requestId }, more)
    this.status = response.statusCode
    this.finish(rule)
  }

  private finish(refused?: RefusalRule): void {
    this.isDone = true
    this.plane.firstBytes.remove(this)
    this.plane.counters.inFlight -= 1
    if (this.isFront) this.plane.counters.countFront(refused !== undefined)
    this.seat?.backend.release()
    const { resolved, routed, seat } = this
    if (resolved === undefined || routed === undefined) return
    const { method } = routed
    const host = seat?.host ?? null
    const { requestId: id, startedAtMs, status } = this
    const { caller = null } = this.door.door
    this.plane.recent.note({ id, startedAtMs, method, status, caller, resolved, host, refused: refused ?? null })
  }
}
