import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Backend } from './backend.ts'
import type { GatewayLimits } from './limits.ts'
import type { LayerPool } from './pools.ts'
import { goingAway, serviceRestart, Tunnel } from './tunnel.ts'

const sweepMs = 250

/** The connection of a client that asks for a WebSocket, and what it sent ahead of the answer. */
export interface ClientUpgrade {
  readonly socket: Socket
  readonly early: Buffer
  /** `Sec-WebSocket-Key` of the request. */
  readonly key: string | undefined
  /** Takes the connection from the answer, which is not given any more. */
  readonly release: () => void
}

/** A host that agreed to a WebSocket. */
export interface HostUpgrade {
  /** Of the answer to the client: name, value, name, value … */
  readonly headers: readonly string[]
  readonly socket: Duplex
  readonly backend: Backend
  readonly doorId: string
}

/** All open WebSockets. One sweep over them is cheaper than timers for each. */
export class Tunnels {
  private readonly limits: GatewayLimits
  private readonly layers: () => readonly LayerPool[]
  private readonly hasDoor: (id: string) => boolean
  private readonly open = new Set<Tunnel>()
  private timer: NodeJS.Timeout | undefined

  constructor(limits: GatewayLimits, layers: () => readonly LayerPool[], hasDoor: (id: string) => boolean) {
    this.limits = limits
    this.layers = layers
    this.hasDoor = hasDoor
  }

  start(): void {
    this.timer = setInterval(() => this.sweep(performance.now()), sweepMs)
  }

  get count(): number {
    return this.open.size
  }

  get hasRoom(): boolean {
    return this.open.size < this.limits.maxTunnels
  }

  /** Answers the handshake and joins the two connections. */
  join(client: ClientUpgrade, host: HostUpgrade): void {
    const { backend, doorId, headers } = host
    let head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]!}: ${headers[i + 1]!}\r\n`
    // From here on the sweep knows what idles.
    client.socket.setTimeout(0)
    client.socket.write(`${head}\r\n`, 'latin1')
    const tunnel = new Tunnel(
      { client: client.socket, host: host.socket, backend, doorId },
      () => !this.hasDoor(doorId) || !this.reached().has(backend),
      () => this.open.delete(tunnel),
    )
    this.open.add(tunnel)
    tunnel.begin(client.early)
  }

  /** The instances that a request could still be led to. */
  private reached(): ReadonlySet<Backend> {
    const reached = new Set<Backend>()
    for (const { layer, isUnwatched, seats } of this.layers()) {
      const { who } = layer.layer
      if (isUnwatched || (who.kind === 'share' && who.from >= who.to)) continue
      for (const { backend } of seats) reached.add(backend)
    }
    return reached
  }

  /** Closes what idles, and what leads to where nothing leads any more. @param nowMs monotonic. */
  sweep(nowMs: number): void {
    if (this.open.size === 0) return
    const { idleMs, tunnelGraceMs, tunnelCloseMs } = this.limits
    const reached = this.reached()
    for (const tunnel of this.open) {
      if (tunnel.hasMoved) tunnel.movedAtMs = nowMs
      tunnel.hasMoved = false
      const isLeft = !reached.has(tunnel.backend) || !this.hasDoor(tunnel.doorId)
      tunnel.leavingSinceMs = isLeft ? (tunnel.leavingSinceMs ?? nowMs) : undefined
      if (tunnel.leavingSinceMs !== undefined && nowMs - tunnel.leavingSinceMs >= tunnelGraceMs)
        tunnel.close(serviceRestart, 'what answered here is going away; connect again')
      else if (nowMs - tunnel.movedAtMs > idleMs) tunnel.close(goingAway, `nothing moved for ${idleMs} ms`)
      tunnel.giveUp(nowMs, tunnelCloseMs)
    }
  }

  /** The gateway ends: tells all of them; `close` takes the rest. */
  stop(): void {
    for (const tunnel of this.open) tunnel.close(goingAway, 'the gateway stops')
  }

  close(): void {
    clearInterval(this.timer)
    for (const tunnel of this.open) tunnel.giveUp(Infinity, 0)
  }
}
