import type { InstanceSeen } from '../../domain/catalog/instance.ts'
import { compileTable } from '../../domain/routing/compile.ts'
import type { RouteTable, TableEnvironment } from '../../domain/routing/table.ts'
import { createMutex } from '../mutex.ts'
import { createCatchUp } from './catchUp.ts'
import type { PoolHost, Ports, Stored } from '../ports.ts'
import { loadWorld, type World } from '../world.ts'

/** What the gateways have of the table that follows from what is stored. */
export interface TrafficSeen {
  /** Every gateway that is not silent has it, and at least one has. */
  readonly inSync: boolean
  readonly generation: number
  /** The latest of the gateways' times of applying it. */
  readonly appliedAtMs?: number
  readonly silent: readonly string[]
  /** Silent gateway → its last answer; epoch milliseconds. */
  readonly silentSinceMs: Readonly<Record<string, number>>
}

export interface TrafficReconciler {
  /** Compiles, saves and sends what is stored now. The only writer of route tables. */
  readonly sync: () => Promise<TrafficSeen>
  /** Asks every gateway for its state and pools; called by a timer. */
  readonly poll: () => Promise<void>
  readonly pools: () => readonly PoolHost[]
  readonly gateways: () => readonly GatewaySeen[]
  /** The gateway says that nobody watched this layer in time. */
  readonly isUnwatched: (environment: string, service: string) => boolean
}

export interface GatewaySeen {
  readonly id: string
  readonly pid?: number
  readonly generation?: number
  readonly appliedAtMs?: number
  readonly silent: boolean
}

interface Known {
  generation: number
  appliedAtMs?: number
  pid?: number
  /** On the clock that only ever grows. */
  answeredAt: number
  /** The same instant, for people; epoch milliseconds. */
  answeredAtMs: number
  pools: readonly PoolHost[]
  unwatched: ReadonlySet<string>
}

/** A gateway that has not answered for so long holds every rise of a share. */
export const silentAfterMs = 10_000

export function createTrafficReconciler(ports: Ports): TrafficReconciler {
  const { store, runtime, traffic, clock } = ports
  const exclusive = createMutex()
  const catchUp = createCatchUp(ports)
  const known = new Map<string, Known>()
  let saved: Stored<'table'> | undefined
  /** A generation that a gateway had already when it was sent: what it has under that number may be another table. */
  let refused = -1
  /** What the saved table was compiled from: with many rollouts most passes find it unchanged. */
  let source: { readonly world: World; readonly addresses: string } | undefined
  /** Pools of all gateways; made anew when one of them has told of its own. */
  let pools: readonly PoolHost[] | undefined

  function knownOf(gateway: string): Known {
    const entry = known.get(gateway) ?? {
      generation: -1,
      ...answeredNow(clock),
      pools: [],
      unwatched: new Set<string>(),
    }
    known.set(gateway, entry)
    return entry
  }

  const isSilent = (gateway: string) => clock.monotonic() - knownOf(gateway).answeredAt >= silentAfterMs

  /** The newest table that a gateway has. */
  const newest = () => Math.max(0, ...[...known.values()].map((entry) => entry.generation))

  /** Saves the next generation when what is stored asks for another table; nothing while that one may not be sent. */
  async function compile(): Promise<RouteTable | undefined> {
    saved ??= await store.load('table', 'current')
    // Another control plane may have saved what the gateway has; else the store is an older one than the gateway knows.
    if (newest() > (saved?.document.generation ?? 0)) saved = await store.load('table', 'current')
    const generation = saved?.document.generation ?? 0
    const ahead = newest() > generation ? newest() : undefined
    const isForced = ahead !== undefined || refused === generation
    const world = await loadWorld(store)
    const addresses = addressesOf(runtime)
    const isSame = saved && source && source.addresses === addresses && isSameWorld(source.world, world)
    if (saved && isSame && !isForced) return saved.document
    const environments = environmentsOf(world, runtime)
    if (ahead !== undefined && !catchUp.maySend(environments, ahead)) return undefined
    if (saved && !isForced && sameEnvironments(saved.document.environments, environments)) {
      source = { world, addresses }
      return saved.document
    }
    const table: RouteTable = {
      schema: 'cofferdam.table/1',
      generation: (ahead ?? generation) + 1,
      environments,
    }
    const committed = await store.commit({
      documents: [{ kind: 'table', id: 'current', revision: saved?.revision ?? 0, document: table }],
    })
    if (!committed.saved) {
      saved = undefined
      throw new Error('another control plane wrote the route table; it is read again')
    }
    saved = { id: 'current', revision: (saved?.revision ?? 0) + 1, document: table }
    source = { world, addresses }
    return table
  }

  async function send(gateway: string, table: RouteTable, bytes: string): Promise<void> {
    const entry = knownOf(gateway)
    try {
      const answer = await traffic.put(gateway, bytes)
      Object.assign(entry, answeredNow(clock))
      entry.generation = answer.generation
      if (answer.applied) {
        entry.appliedAtMs = Date.parse(answer.appliedAt)
        if (answer.problem !== undefined) ports.report('traffic', notDurable(gateway, table, answer.problem))
        // Not waited for: it is for whoever looks, and must not stand on a way back.
        void pollOne(gateway)
      } else if (answer.generation === table.generation && answer.problems.length === 0) refused = table.generation
      else if (answer.problems.length > 0)
        ports.report(
          'traffic',
          new Error(`gateway ${gateway} refused generation ${table.generation}: ${answer.problems.join('; ')}`),
        )
    } catch (error) {
      ports.report('traffic', error)
    }
  }

  /** Compiles and sends to every gateway that is behind; nothing while the table may not be sent. */
  async function push(): Promise<RouteTable | undefined> {
    // The very first: what a gateway has decides whether this store may replace it.
    const unheard = traffic.gateways().filter((gateway) => knownOf(gateway).generation < 0 && !isSilent(gateway))
    await Promise.all(unheard.map(pollOne))
    const table = await compile()
    if (!table) return undefined
    const behind = traffic
      .gateways()
      .filter((gateway) => !isSilent(gateway) && knownOf(gateway).generation < table.generation)
    if (behind.length > 0) {
      const bytes = JSON.stringify(table)
      await Promise.all(behind.map((gateway) => send(gateway, table, bytes)))
    }
    return table
  }

  function seen(generation: number): TrafficSeen {
    const ids = traffic.gateways()
    const silent = ids.filter(isSilent)
    const live = ids.filter((id) => !silent.includes(id))
    const applied = live.map((id) => knownOf(id).appliedAtMs).filter((at) => at !== undefined)
    return {
      inSync: live.length > 0 && live.every((id) => knownOf(id).generation === generation),
      generation,
      ...(applied.length > 0 ? { appliedAtMs: Math.max(...applied) } : {}),
      silent,
      silentSinceMs: Object.fromEntries(silent.map((id) => [id, knownOf(id).answeredAtMs])),
    }
  }

  async function pollOne(gateway: string): Promise<void> {
    const entry = knownOf(gateway)
    try {
      const [state, told] = await Promise.all([traffic.state(gateway), traffic.pools(gateway)])
      Object.assign(entry, answeredNow(clock))
      entry.generation = state.generation
      entry.pid = state.pid
      if (state.appliedAt !== null) entry.appliedAtMs = Date.parse(state.appliedAt)
      entry.pools = told
      pools = undefined
      entry.unwatched = new Set((state.unwatched ?? []).map((one) => `${one.environment}/${one.service}`))
    } catch (error) {
      if (isSilent(gateway)) ports.report('gateway', error)
    }
  }

  return {
    sync: () =>
      exclusive(async () => {
        let table = await push()
        if (table && refused === table.generation) table = await push()
        return table ? seen(table.generation) : { ...seen(newest()), inSync: false }
      }),
    poll: async () => {
      await Promise.all(traffic.gateways().map(pollOne))
    },
    pools: () => (pools ??= [...known.values()].flatMap((entry) => entry.pools)),
    gateways: () => traffic.gateways().map((id) => gatewaySeen(id, knownOf(id), isSilent(id))),
    isUnwatched: (environment, service) =>
      [...known.values()].some((entry) => entry.unwatched.has(`${environment}/${service}`)),
  }
}

function gatewaySeen(id: string, { pid, generation, appliedAtMs }: Known, silent: boolean): GatewaySeen {
  return {
    id,
    silent,
    ...(pid === undefined ? {} : { pid }),
    ...(generation < 0 ? {} : { generation }),
    ...(appliedAtMs === undefined ? {} : { appliedAtMs }),
  }
}

function answeredNow(clock: Ports['clock']): Pick<Known, 'answeredAt' | 'answeredAtMs'> {
  return { answeredAt: clock.monotonic(), answeredAtMs: clock.now() }
}

function notDurable(gateway: string, table: RouteTable, why: string): Error {
  return new Error(
    `gateway ${gateway} works by generation ${table.generation}, but could not write it to its disk, and tries again: ${why}`,
  )
}

const addressesOfList = new WeakMap<readonly InstanceSeen[], string>()

function addressesOf(runtime: Ports['runtime']): string {
  const list = runtime.list()
  const known = addressesOfList.get(list) ?? list.map((one) => `${one.spec.id} ${one.port}`).join()
  addressesOfList.set(list, known)
  return known
}

function environmentsOf(world: World, runtime: Ports['runtime']): readonly TableEnvironment[] {
  return compileTable({
    organisation: world.organisation,
    pools: world.pools.map((one) => one.document),
    rollouts: world.rollouts.map((one) => one.document),
    doors: world.doors,
    ports: new Map(runtime.list().map((one) => [one.spec.id, one.port])),
  })
}

/** Whether a store that shares what it read gave the same things again; one that does not is simply compiled anew. */
function isSameWorld(a: World, b: World): boolean {
  return a.organisation === b.organisation && a.pools === b.pools && a.rollouts === b.rollouts && a.doors === b.doors
}

function sameEnvironments(a: readonly TableEnvironment[], b: readonly TableEnvironment[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
