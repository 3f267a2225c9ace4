import type {
  IndexedBase,
  IndexedDoor,
  IndexedEnvironment,
  IndexedLayer,
  IndexedRoute,
  IndexedService,
  PathNode,
  RouteIndex,
} from './routeIndex.ts'
import type { RouteTable, TableEnvironment, TableLayer, TableService } from './table.ts'

interface OpenNode {
  children: Map<string, OpenNode>
  route?: IndexedRoute
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function insert(root: OpenNode, route: IndexedRoute): void {
  let node = root
  for (const segment of segmentsOf(route.route.path)) {
    let child = node.children.get(segment)
    if (child === undefined) {
      child = { children: new Map() }
      node.children.set(segment, child)
    }
    node = child
  }
  node.route ??= route
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(4))} %`
}

function describeLayer(service: TableService, layer: TableLayer): IndexedLayer['why'] {
  const { who } = layer
  const build = `build "${layer.build.name}"`
  if (who.kind === 'key')
    return { rule: 'layer-key', text: `layer "${layer.name}" of "${service.name}" belongs to this key (${build})` }
  if (who.kind === 'everyone')
    return { rule: 'layer-stable', text: `layer "${layer.name}" of "${service.name}" serves everyone (${build})` }
  return {
    rule: 'layer-share',
    text: `the draw falls in ${percent(who.from)} to ${percent(who.to)}, which belongs to layer "${layer.name}" of "${service.name}" (${build})`,
  }
}

function width(layer: IndexedLayer): number {
  const { who } = layer.layer
  return who.kind === 'share' ? who.to - who.from : 0
}

function indexService(environment: string, service: TableService, all: IndexedLayer[]): IndexedService {
  const layers: IndexedLayer[] = []
  const byKey = new Map<string, IndexedLayer>()
  const shares: IndexedLayer[] = []
  const everyone: IndexedLayer[] = []
  const inLine: IndexedLayer[] = []
  const { name, pages, healthPath } = service
  const indexed: IndexedService = { name, environment, pages, healthPath, layers, byKey, shares, inLine }
  for (const layer of service.layers) {
    const entry: IndexedLayer = {
      number: all.length,
      service: indexed,
      layer,
      why: describeLayer(service, layer),
      whyDead: {
        rule: 'pool-dead',
        text: `no host of layer "${layer.name}" of "${name}" in "${environment}" is up; the next in line answers`,
      },
      whyUnwatched: {
        rule: 'unwatched',
        text: `layer "${layer.name}" of "${name}" in "${environment}" was not renewed for ${layer.watchedForMs ?? 0} ms; its share goes to stable`,
      },
    }
    all.push(entry)
    layers.push(entry)
    if (layer.who.kind === 'key') byKey.set(layer.who.key, entry)
    else if (layer.who.kind === 'share') shares.push(entry)
    else everyone.push(entry)
  }
  shares.sort((a, b) => fromOf(a) - fromOf(b))
  inLine.push(...everyone, ...[...shares].sort((a, b) => width(b) - width(a)))
  return indexed
}

function fromOf(layer: IndexedLayer): number {
  const { who } = layer.layer
  return who.kind === 'share' ? who.from : 0
}

function keysOf(services: readonly IndexedService[], base: IndexedBase | undefined): Map<string, number> {
  const keys = new Map<string, number>(base?.environment.keys ?? [])
  for (const service of services) {
    for (const [key, { layer }] of service.byKey) {
      const expiresAtMs = layer.who.kind === 'key' ? (layer.who.expiresAtMs ?? Infinity) : Infinity
      keys.set(key, Math.max(expiresAtMs, keys.get(key) ?? -Infinity))
    }
  }
  return keys
}

function indexRoutes(environment: string, service: TableService, indexed: IndexedService): IndexedRoute[] {
  return service.routes.map((route) => ({
    route,
    depth: segmentsOf(route.path).length,
    service: indexed,
    why: {
      rule: 'route',
      text: `path prefix "${route.path}"${route.host === undefined ? '' : ` of host "${route.host}"`} belongs to "${service.name}" in "${environment}"`,
    },
  }))
}

function indexBase(table: TableEnvironment, known: ReadonlyMap<string, IndexedEnvironment>): IndexedBase | undefined {
  if (table.base === undefined) return undefined
  const environment = known.get(table.base.environment)
  if (environment === undefined) return undefined
  const methods = table.base.methods.length === 0 ? 'none' : table.base.methods.join(', ')
  return {
    environment,
    methods: new Set(table.base.methods),
    why: { rule: 'base', text: `"${table.name}" does not have it; its base "${environment.name}" answers` },
    whyEgress: {
      rule: 'egress',
      text: `methods that may leave "${table.name}" towards "${environment.name}": ${methods}`,
    },
  }
}

function indexEnvironment(
  table: TableEnvironment,
  known: ReadonlyMap<string, IndexedEnvironment>,
  all: IndexedLayer[],
): IndexedEnvironment {
  const byHost = new Map<string, OpenNode>()
  const anyHost: OpenNode = { children: new Map() }
  const services: IndexedService[] = []
  for (const service of table.services) {
    const indexed = indexService(table.name, service, all)
    services.push(indexed)
    for (const route of indexRoutes(table.name, service, indexed)) {
      const host = route.route.host?.toLowerCase()
      const root = host === undefined ? anyHost : (byHost.get(host) ?? { children: new Map() })
      if (host !== undefined) byHost.set(host, root)
      insert(root, route)
    }
  }
  const base = indexBase(table, known)
  const environment = {
    name: table.name,
    byHost: byHost as ReadonlyMap<string, PathNode>,
    anyHost: anyHost as PathNode,
    services,
    servicesByName: new Map(services.map((service) => [service.name, service])),
    keys: keysOf(services, base),
  }
  return base === undefined ? environment : { ...environment, base }
}

/** Environments ordered so that a base comes before what stands on it; a circle (refused by `readTable`) is cut. */
function basesFirst(table: RouteTable): TableEnvironment[] {
  const byName = new Map(table.environments.map((environment) => [environment.name, environment]))
  const ordered = new Set<TableEnvironment>()
  const visit = (environment: TableEnvironment, below: number): void => {
    if (below > table.environments.length || ordered.has(environment)) return
    const base = environment.base === undefined ? undefined : byName.get(environment.base.environment)
    if (base !== undefined) visit(base, below + 1)
    ordered.add(environment)
  }
  for (const environment of table.environments) visit(environment, 0)
  return [...ordered]
}

/** Compiles a table that `readTable` accepted. */
export function compileIndex(table: RouteTable): RouteIndex {
  const layers: IndexedLayer[] = []
  const environments = new Map<string, IndexedEnvironment>()
  const doors = new Map<string, IndexedDoor>()
  for (const environment of basesFirst(table)) {
    const indexed = indexEnvironment(environment, environments, layers)
    environments.set(environment.name, indexed)
    for (const door of environment.doors) doors.set(door.id, { door, environment: indexed })
  }
  return { generation: table.generation, environments, doors, layers }
}
