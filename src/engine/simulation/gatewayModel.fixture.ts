import type { RouteTable, TableLayer, TableService } from '../../domain/routing/table.ts'
import type { Cell, Clock, Traffic } from '../ports.ts'

/** A gateway without sockets: fenced tables, shares that go home unwatched, cells out of a traffic model. */
export interface GatewayModel extends Traffic {
  readonly table: () => RouteTable | undefined
}

export interface GatewayModelOptions {
  readonly clock: Clock
  /** Requests a second at the front door of this service. */
  readonly rate: (environment: string, service: string) => number
  /** Fraction of bad answers of a build. */
  readonly badness: (digest: string) => number
  /** The canary gets so many times its share; 1 when left out. */
  readonly deals?: number
  /** Sees each table that is put in force. */
  readonly onApplied: (before: RouteTable | undefined, table: RouteTable) => void
}

interface Share {
  readonly name: { readonly environment: string; readonly service: string; readonly layer: string }
  readonly watchedForMs: number
  renewedAtMs: number
  isUnwatched: boolean
}

const gateway = 'g1'
const keptSeconds = 3_600

export function createGatewayModel({ clock, rate, badness, deals = 1, onApplied }: GatewayModelOptions): GatewayModel {
  let table: RouteTable | undefined
  let appliedAtMs = 0
  let lastN = Math.floor(clock.now() / 1_000)
  /** Second → its cells, of the last hour, as a gateway keeps them. */
  const cells = new Map<number, readonly Cell[]>()
  let first = lastN + 1
  let shares: Share[] = []
  let waiters: (() => void)[] = []

  function apply(next: RouteTable): void {
    const before = table
    table = next
    appliedAtMs = clock.now()
    shares = sharesOf(next).map(({ name, watchedForMs }) => {
      const known = shares.find((one) => sameName(one.name, name) && !one.isUnwatched)
      return { name, watchedForMs, renewedAtMs: known?.renewedAtMs ?? clock.monotonic(), isUnwatched: false }
    })
    onApplied(before, next)
  }

  function sweep(): void {
    for (const share of shares) if (clock.monotonic() - share.renewedAtMs > share.watchedForMs) share.isUnwatched = true
  }

  function cut(): void {
    sweep()
    lastN += 1
    const own = (table?.environments ?? []).flatMap((environment) =>
      environment.services.flatMap((service) => secondOf(environment.name, service)),
    )
    cells.set(lastN, own)
    if (cells.delete(lastN - keptSeconds)) first += 1
    clock.after(1_000, cut)
    for (const wake of waiters.splice(0)) wake()
  }

  function secondOf(environment: string, service: TableService): readonly Cell[] {
    const requests = rate(environment, service.name)
    if (requests === 0) return []
    const isHome = (layer: TableLayer) =>
      shares.some(
        (one) => one.isUnwatched && sameName(one.name, { environment, service: service.name, layer: layer.name }),
      )
    const dealt = service.layers.filter(
      (layer) => layer.who.kind === 'share' && layer.hosts.length > 0 && !isHome(layer),
    )
    const everyone = service.layers.find((layer) => layer.who.kind === 'everyone')
    const counts = dealt.map((layer) => ({
      layer,
      count: Math.round(requests * widthOf(layer) * (layer.name === 'canary' ? deals : 1)),
    }))
    const rest = requests - counts.reduce((sum, one) => sum + one.count, 0)
    return [...counts, ...(everyone ? [{ layer: everyone, count: rest }] : [])].flatMap(({ layer, count }) =>
      count > 0 ? [cellOf(environment, service.name, layer, count)] : [],
    )
  }

  function cellOf(environment: string, service: string, layer: TableLayer, requests: number): Cell {
    const bad = Math.round(requests * badness(layer.build.digest))
    const toMs = clock.now()
    const host = layer.hosts[0]?.id ?? ''
    return {
      n: lastN,
      from: toMs - 1_000,
      to: toMs,
      environment,
      service,
      layer: layer.name,
      host,
      build: layer.build.name,
      requests,
      bad,
      aborted: 0,
      durations: [],
      byCode: {},
    }
  }

  clock.after(1_000, cut)
  return {
    table: () => table,
    gateways: () => [gateway],
    state: async () => ({
      id: gateway,
      pid: 1,
      workers: 1,
      generation: table?.generation ?? 0,
      appliedAt: table ? new Date(appliedAtMs).toISOString() : null,
      startedAt: new Date(0).toISOString(),
      unwatched: shares.filter((one) => one.isUnwatched).map((one) => one.name),
    }),
    put: async (_gateway, bytes) => {
      const next = JSON.parse(bytes) as RouteTable
      if (next.generation <= (table?.generation ?? 0))
        return { applied: false, generation: table?.generation ?? 0, problems: [] }
      apply(next)
      const at = new Date(appliedAtMs).toISOString()
      return { applied: true, generation: next.generation, appliedAt: at, durableAt: at }
    },
    watched: async (_gateway, layers, generation) => {
      if (generation !== table?.generation)
        throw new Error(`the table in force has generation ${table?.generation ?? 0}, not ${generation}`)
      sweep()
      for (const share of shares)
        if (!share.isUnwatched && layers.some((layer) => sameName(share.name, layer)))
          share.renewedAtMs = clock.monotonic()
    },
    cells: async (_gateway, after, waitMs) => {
      if (after === lastN) await nextCut(waitMs)
      const from = Math.max(after + 1, first)
      const numbers = Array.from({ length: Math.max(0, lastN + 1 - from) }, (_, at) => from + at)
      return { cells: numbers.flatMap((n) => cells.get(n) ?? []), next: lastN, oldest: first }
    },
    pools: async () =>
      (table?.environments ?? []).flatMap((environment) =>
        environment.services.flatMap((service) =>
          service.layers.flatMap((layer) =>
            layer.hosts.map((host) => ({
              environment: environment.name,
              service: service.name,
              layer: layer.name,
              host: host.id,
              address: host.address,
              up: true,
              since: new Date(appliedAtMs).toISOString(),
              why: 'it answers',
              inFlight: 0,
            })),
          ),
        ),
      ),
    explain: async () => ({}),
    requests: async () => [],
  }

  function nextCut(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(waitMs, resolve)
      waiters.push(() => {
        cancel()
        resolve()
      })
    })
  }
}

function widthOf(layer: TableLayer): number {
  return layer.who.kind === 'share' ? layer.who.to - layer.who.from : 1
}

function sharesOf(table: RouteTable): readonly Pick<Share, 'name' | 'watchedForMs'>[] {
  return table.environments.flatMap((environment) =>
    environment.services.flatMap((service) =>
      service.layers.flatMap((layer) =>
        layer.watchedForMs === undefined
          ? []
          : [
              {
                name: { environment: environment.name, service: service.name, layer: layer.name },
                watchedForMs: layer.watchedForMs,
              },
            ],
      ),
    ),
  )
}

function sameName(a: Share['name'], b: Share['name']): boolean {
  return a.environment === b.environment && a.service === b.service && a.layer === b.layer
}
