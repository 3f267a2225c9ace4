import type { LayerState } from '../domain/routing/resolve.ts'
import type { IndexedLayer, RouteIndex } from '../domain/routing/routeIndex.ts'
import { Backend } from './backend.ts'
import type { GatewayLimits } from './limits.ts'
import type { WatchedLayer } from './shareWatch.ts'
import type { Tallies } from './tallies.ts'
import type { Tally, TallyLabels } from './tally.ts'

/** A host of a layer: where its requests go and where they are counted. */
export interface Seat {
  readonly host: string
  readonly backend: Backend
  readonly tally: Tally
  /** `service@environment/build;host=…;layer=…` */
  readonly servedBy: string
}

/** The hosts of one layer. */
export class LayerPool implements WatchedLayer {
  readonly layer: IndexedLayer
  readonly seats: readonly Seat[]
  isUnwatched = false
  renewedAtMs: number
  private turn = 0

  constructor(layer: IndexedLayer, seats: readonly Seat[], nowMs: number) {
    this.layer = layer
    this.seats = seats
    this.renewedAtMs = nowMs
  }

  isAlive(except?: Backend): boolean {
    for (const seat of this.seats) if (seat.backend.up && seat.backend !== except) return true
    return false
  }

  /**
   * The next host in turn that is up and has room. In turn, not the least busy: a host that fails at once is never busy
   * and would draw the traffic of the others.
   */
  pick(inFlightPerHost: number, except?: Backend): Seat | undefined {
    const { seats } = this
    for (let i = 0; i < seats.length; i += 1) {
      this.turn = this.turn + 1 >= seats.length ? 0 : this.turn + 1
      const seat = seats[this.turn]!
      if (seat.backend.up && seat.backend !== except && seat.backend.inFlight < inFlightPerHost) return seat
    }
    return undefined
  }

  /** The host that `pick` would give now. */
  peek(): Seat | undefined {
    const { seats } = this
    for (let i = 1; i <= seats.length; i += 1) {
      const seat = seats[(this.turn + i) % seats.length]!
      if (seat.backend.up) return seat
    }
    return undefined
  }
}

/** The state of a layer; a layer whose only host up is `except` is dead. */
export function layerState(pools: readonly LayerPool[], layer: IndexedLayer, except?: Backend): LayerState {
  const pool = pools[layer.number]
  if (pool === undefined) return 'dead'
  if (pool.isUnwatched) return 'unwatched'
  return pool.isAlive(except) ? 'alive' : 'dead'
}

/** One host as `GET /pools` shows it. */
export interface SeenHost {
  readonly environment: string
  readonly service: string
  readonly layer: string
  readonly host: string
  readonly build: string
  readonly instance: string
  readonly address: string
  readonly up: boolean
  readonly since: string
  readonly why: string
  readonly inFlight: number
  /** It left the table; its last requests end. */
  readonly draining?: true
}

/** Header values are ASCII: what is not becomes `?`. */
function headerSafe(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?')
}

function seen(seat: Seat, layer: IndexedLayer): SeenHost {
  const { backend, host } = seat
  const { address, instance, up, why, inFlight } = backend
  return {
    environment: layer.service.environment,
    service: layer.service.name,
    layer: layer.layer.name,
    host,
    build: layer.layer.build.name,
    instance,
    address,
    up,
    since: new Date(backend.sinceMs).toISOString(),
    why,
    inFlight,
  }
}

/** Under which labels the requests of a host are counted. */
export function seatLabels(layer: IndexedLayer, host: string): TallyLabels {
  const { environment, name: service } = layer.service
  return { environment, service, layer: layer.layer.name, host, build: layer.layer.build.name }
}

/** All hosts of the table in force, and those that left and still have requests. */
export class Pools {
  /** By the layer's number in the index. */
  layers: readonly LayerPool[] = []
  private readonly limits: GatewayLimits
  private readonly tallies: Tallies
  private backends = new Map<string, Backend>()
  private readonly leaving = new Map<Backend, { readonly seat: Seat; readonly layer: IndexedLayer }>()

  constructor(limits: GatewayLimits, tallies: Tallies) {
    this.limits = limits
    this.tallies = tallies
  }

  /**
   * Takes over a new index at once. An instance that stays keeps its connections and its health; one that left is
   * drained: requests that are on it end there.
   * @param nowMs monotonic milliseconds.
   */
  swap(index: RouteIndex, nowMs: number): void {
    const before = this.layers
    const staying = new Map<string, Backend>()
    this.layers = index.layers.map((layer) => new LayerPool(layer, this.seatsOf(layer, staying, nowMs), nowMs))
    this.backends = staying
    for (const pool of before) {
      for (const seat of pool.seats) if (!isIn(staying, seat.backend)) this.drain(seat, pool.layer)
    }
  }

  private seatsOf(layer: IndexedLayer, staying: Map<string, Backend>, nowMs: number): Seat[] {
    const { service } = layer
    const build = layer.layer.build.name
    return layer.layer.hosts.map((host) => {
      const key = `${host.address}\n${host.instance}`
      const { address, instance } = host
      const backend =
        staying.get(key) ?? this.backends.get(key) ?? new Backend(address, instance, service.healthPath, this.limits)
      backend.healthPath = service.healthPath
      staying.set(key, backend)
      const labels = seatLabels(layer, host.id)
      const servedBy = headerSafe(
        `${service.name}@${service.environment}/${build};host=${host.id};layer=${layer.layer.name}`,
      )
      return { host: host.id, backend, tally: this.tallies.of(labels, nowMs), servedBy }
    })
  }

  private drain(seat: Seat, layer: IndexedLayer): void {
    const { backend } = seat
    if (backend.isDraining) return
    backend.isDraining = true
    const close = (): void => {
      this.leaving.delete(backend)
      backend.upstream.close()
    }
    if (backend.inFlight === 0) return close()
    backend.onDrained = close
    this.leaving.set(backend, { seat, layer })
  }

  /** Backends of the table in force. */
  current(): Iterable<Backend> {
    return this.backends.values()
  }

  talliesInUse(): Set<Tally> {
    const used = new Set<Tally>()
    for (const pool of this.layers) for (const seat of pool.seats) used.add(seat.tally)
    for (const { seat } of this.leaving.values()) used.add(seat.tally)
    return used
  }

  list(): SeenHost[] {
    const hosts = this.layers.flatMap((pool) => pool.seats.map((seat) => seen(seat, pool.layer)))
    for (const { seat, layer } of this.leaving.values()) hosts.push({ ...seen(seat, layer), draining: true })
    return hosts
  }

  close(): void {
    for (const backend of this.backends.values()) backend.upstream.close()
    for (const backend of this.leaving.keys()) backend.upstream.close()
  }
}

function isIn(staying: ReadonlyMap<string, Backend>, backend: Backend): boolean {
  return staying.get(`${backend.address}\n${backend.instance}`) === backend
}
