import type { FoundKey } from './keys.ts'
import type {
  IndexedDoor,
  IndexedEnvironment,
  IndexedLayer,
  IndexedRoute,
  IndexedService,
  PathNode,
} from './routeIndex.ts'
import type { TableHost } from './table.ts'
import { refusalStatus, type RefusalRule, type Why } from './why.ts'

/** What the resolver asks of a request. */
export interface RoutedRequest {
  readonly method: string
  /** Host name in lower case, without port; empty when there is none. */
  readonly host: string
  /** As `normalisePath` gives it. */
  readonly path: string
  /** From `findKey`. */
  readonly key?: FoundKey
  /** Epoch milliseconds. */
  readonly nowMs: number
}

/** `dead`: no host is up. `unwatched`: nobody renewed its share. */
export type LayerState = 'alive' | 'dead' | 'unwatched'

/** A number in [0, 1); asked only when the service deals shares. By session, or anew for each request. */
export type Draw = (service: IndexedService, bySession: boolean) => number

export type KeyState = 'none' | 'known' | 'unknown' | 'expired'

export interface Resolved {
  readonly kind: 'resolved'
  readonly service: IndexedService
  readonly environment: string
  readonly layer: IndexedLayer
  readonly hosts: readonly TableHost[]
  readonly route: IndexedRoute
  readonly keyState: KeyState
  /** The layer that should have answered, but is dead. */
  readonly insteadOf?: IndexedLayer
  /** It left its environment towards the base. */
  readonly egress?: true
  readonly draw?: number
  readonly why: readonly Why[]
}

export interface Refused {
  readonly kind: 'refused'
  readonly rule: RefusalRule
  readonly status: number
  readonly text: string
  readonly help: string
  readonly keyState: KeyState
  readonly service?: IndexedService
  readonly why: readonly Why[]
}

export type Resolution = Resolved | Refused

function walk(root: PathNode, path: string): IndexedRoute | undefined {
  let node = root
  let best = node.route
  let from = 1
  while (from <= path.length && node.children.size > 0) {
    const slash = path.indexOf('/', from)
    const end = slash === -1 ? path.length : slash
    const child = node.children.get(path.slice(from, end))
    if (child === undefined) break
    node = child
    if (node.route !== undefined) best = node.route
    from = end + 1
  }
  return best
}

/** Longest prefix in one environment; a route that names the host wins over one for any host. */
function routeIn(environment: IndexedEnvironment, host: string, path: string): IndexedRoute | undefined {
  const named = environment.byHost.size === 0 ? undefined : environment.byHost.get(host)
  const byHost = named === undefined ? undefined : walk(named, path)
  return byHost ?? walk(environment.anyHost, path)
}

interface Way {
  readonly route: IndexedRoute
  /** Environments that the request left on its way, outermost first. */
  readonly left: readonly IndexedEnvironment[]
}

const leftNothing: readonly IndexedEnvironment[] = []

/** Longest prefix over the environment and its bases; the nearer environment wins a tie. */
function findWay(environment: IndexedEnvironment, request: RoutedRequest): Way | undefined {
  const own = routeIn(environment, request.host, request.path)
  if (environment.base === undefined) return own === undefined ? undefined : { route: own, left: leftNothing }
  const below = findWay(environment.base.environment, request)
  if (below === undefined) return own === undefined ? undefined : { route: own, left: leftNothing }
  if (own !== undefined && own.depth >= below.route.depth) return { route: own, left: leftNothing }
  return { route: below.route, left: [environment, ...below.left] }
}

function keyStateOf(key: FoundKey | undefined, environment: IndexedEnvironment, nowMs: number): KeyState {
  if (key === undefined) return 'none'
  const expiresAtMs = environment.keys.get(key.key)
  if (expiresAtMs === undefined) return 'unknown'
  return expiresAtMs <= nowMs ? 'expired' : 'known'
}

function explainKey(key: FoundKey, state: KeyState): Why {
  const named = `key "${key.key.slice(0, 80)}" (${key.source})`
  if (state === 'known') return { rule: 'key', text: `the request carries ${named}` }
  if (state === 'expired') return { rule: 'key-expired', text: `${named} is expired; the base answers` }
  return { rule: 'key-unknown', text: `${named} is unknown here; the base answers` }
}

function ownsDraw(layer: IndexedLayer, draw: number): boolean {
  const { who } = layer.layer
  return who.kind === 'share' && draw >= who.from && draw < who.to
}

interface Choice {
  readonly layer?: IndexedLayer
  readonly insteadOf?: IndexedLayer
  readonly draw?: number
}

class LayerChoice {
  readonly why: Why[]
  private readonly stateOf: (layer: IndexedLayer) => LayerState
  private insteadOf: IndexedLayer | undefined

  constructor(why: Why[], stateOf: (layer: IndexedLayer) => LayerState) {
    this.why = why
    this.stateOf = stateOf
    this.insteadOf = undefined
  }

  /** True when the layer answers; otherwise says why not. */
  private takes(layer: IndexedLayer): boolean {
    const state = this.stateOf(layer)
    if (state === 'alive') {
      this.why.push(layer.why)
      return true
    }
    if (state === 'dead') this.insteadOf ??= layer
    this.why.push(state === 'dead' ? layer.whyDead : layer.whyUnwatched)
    return false
  }

  private answer(layer: IndexedLayer | undefined, draw: number | undefined): Choice {
    return {
      ...(layer === undefined ? {} : { layer }),
      ...(this.insteadOf === undefined ? {} : { insteadOf: this.insteadOf }),
      ...(draw === undefined ? {} : { draw }),
    }
  }

  choose(service: IndexedService, keyed: IndexedLayer | undefined, drawOnce: () => number): Choice {
    if (keyed !== undefined && this.takes(keyed)) return this.answer(keyed, undefined)
    let asked: IndexedLayer | undefined
    let draw: number | undefined
    if (service.shares.length > 0) {
      draw = drawOnce()
      for (const layer of service.shares) if (ownsDraw(layer, draw)) asked = layer
      if (asked !== undefined && this.takes(asked)) return this.answer(asked, draw)
    }
    for (const layer of service.inLine) if (layer !== asked && this.takes(layer)) return this.answer(layer, draw)
    return this.answer(undefined, draw)
  }
}

interface Refusal {
  readonly rule: RefusalRule
  readonly text: string
  readonly help: string
  readonly service?: IndexedService
}

function refuse(refusal: Refusal, keyState: KeyState, why: readonly Why[]): Refused {
  return { kind: 'refused', status: refusalStatus[refusal.rule], keyState, why, ...refusal }
}

function refuseNoRoute(door: IndexedDoor, request: RoutedRequest, keyState: KeyState, why: Why[]): Refused {
  const text = `no route for "${request.path.slice(0, 200)}" at door "${door.door.id}"`
  why.push({ rule: 'no-route', text })
  const help = `routes of "${door.environment.name}": ${listRoutes(door.environment)}`
  return refuse({ rule: 'no-route', text, help }, keyState, why)
}

/** At most 20 routes, for a person. */
function listRoutes(environment: IndexedEnvironment): string {
  const routes: string[] = []
  const collect = (node: PathNode): void => {
    if (node.route !== undefined && routes.length < 20)
      routes.push(`${node.route.route.host ?? ''}${node.route.route.path}`)
    for (const child of node.children.values()) collect(child)
  }
  for (const root of environment.byHost.values()) collect(root)
  collect(environment.anyHost)
  return routes.length === 0 ? 'none' : routes.join(', ')
}

/** Adds what is said about leaving; the rule of a refusal when the method may not leave. */
function leave(way: Way, request: RoutedRequest, why: Why[]): Refusal | undefined {
  for (const environment of way.left) {
    const base = environment.base!
    why.push(base.why, base.whyEgress)
    if (!base.methods.has(request.method)) {
      return {
        rule: 'egress',
        text: `${request.method} may not leave "${environment.name}" towards its base "${base.environment.name}"`,
        help: base.whyEgress.text,
        service: way.route.service,
      }
    }
  }
  return undefined
}

/**
 * The one answer to "where does this request go". Total: every request is resolved or refused with a reason, and no
 * request is refused for want of a host while a layer in line has one.
 * @param door where it entered; holds the compiled environment.
 * @param draw asked at most once, only for a service that deals shares.
 * @param stateOf what is known about the hosts of a layer now.
 */
export function resolve(
  door: IndexedDoor,
  request: RoutedRequest,
  draw: Draw,
  stateOf: (layer: IndexedLayer) => LayerState,
): Resolution {
  const why: Why[] = []
  const keyState = keyStateOf(request.key, door.environment, request.nowMs)
  if (request.key !== undefined) why.push(explainKey(request.key, keyState))
  if (door.door.strict && (keyState === 'unknown' || keyState === 'expired')) {
    const text = `key "${request.key!.key.slice(0, 80)}" is ${keyState}, and door "${door.door.id}" is strict`
    return refuse(
      { rule: 'strict-key', text, help: 'Use a key that lives, or a door that is not strict.' },
      keyState,
      why,
    )
  }
  const way = findWay(door.environment, request)
  if (way === undefined) return refuseNoRoute(door, request, keyState, why)
  const { route } = way
  const { service } = route
  why.push(route.why)
  const kept = leave(way, request, why)
  if (kept !== undefined) return refuse(kept, keyState, why)
  const keyed = keyState === 'known' ? livingKeyLayer(service, request) : undefined
  const bySession = service.pages && door.door.kind === 'front'
  const choice = new LayerChoice(why, stateOf).choose(service, keyed, () => draw(service, bySession))
  const { layer } = choice
  if (layer === undefined) {
    const text = `no host of "${service.name}" in "${service.environment}" is up`
    return refuse({ rule: 'no-host', text, help: '`cofferdam status` shows its hosts.', service }, keyState, why)
  }
  return {
    kind: 'resolved',
    service,
    environment: service.environment,
    layer,
    hosts: layer.layer.hosts,
    route,
    keyState,
    why,
    ...(choice.insteadOf === undefined ? {} : { insteadOf: choice.insteadOf }),
    ...(choice.draw === undefined ? {} : { draw: choice.draw }),
    ...(way.left.length === 0 ? {} : { egress: true as const }),
  }
}

function livingKeyLayer(service: IndexedService, request: RoutedRequest): IndexedLayer | undefined {
  const layer = request.key === undefined ? undefined : service.byKey.get(request.key.key)
  if (layer === undefined || layer.layer.who.kind !== 'key') return undefined
  return (layer.layer.who.expiresAtMs ?? Infinity) > request.nowMs ? layer : undefined
}
