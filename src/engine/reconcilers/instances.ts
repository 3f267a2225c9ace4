import type { InstanceSeen, InstanceSpec } from '../../domain/catalog/instance.ts'
import type { Settings } from '../../domain/catalog/setting.ts'
import { invariant } from '../../domain/errors.ts'
import { settingsOf } from '../../domain/promotion/planRollout.ts'
import { instancesOf, isOfNewBuild, type WantedInstance } from '../../domain/rollout/layout.ts'
import type { Pool } from '../../domain/rollout/pool.ts'
import { backDoorId } from '../../domain/routing/compile.ts'
import { createMutex, type Mutex } from '../mutex.ts'
import type { Ports } from '../ports.ts'
import { activeRollout, loadWorld, type World } from '../world.ts'
import type { TrafficReconciler } from './traffic.ts'

export interface InstancesReconciler {
  /** Starts what should exist and is not there. */
  readonly start: () => Promise<void>
  /** Ends what should not exist, once no gateway sends it anything any more. */
  readonly end: () => Promise<void>
  /** It was found to be surplus and is about to end: a decision must not count on it. */
  readonly isEnding: (instance: string) => boolean
}

/** In flight requests of an instance that left the table are waited for at most this long; its own grace comes after. */
const longestDrainMs = 3_000

/**
 * @param deciding shared with whoever decides about rollouts. A decision looks at instances and is saved a moment later; what
 * it counted on must not be found surplus by a look at the state before it. Only reads and marks happen in here.
 */
export function createInstancesReconciler(
  ports: Ports,
  traffic: TrafficReconciler,
  deciding: Mutex,
): InstancesReconciler {
  const { store, runtime, clock } = ports
  const exclusive = createMutex()
  /** Instance id → when it was first seen out of every table. */
  const leftAt = new Map<string, number>()
  const ending = new Set<string>()

  async function findSurplus(): Promise<readonly InstanceSeen[]> {
    const world = await loadWorld(store)
    const wanted = new Set(
      world.pools.flatMap(({ document: pool }) =>
        instancesOf(pool, activeRollout(world, pool)).map((one) => one.instance),
      ),
    )
    for (const id of leftAt.keys()) if (wanted.has(id)) leftAt.delete(id)
    return runtime.list().filter((one) => !wanted.has(one.spec.id) && one.phase !== 'stopping')
  }

  /** Of what was surplus before the table was sent, what still is, and has nothing in flight. */
  async function markEnding(before: ReadonlySet<string>): Promise<readonly string[]> {
    const surplus = await findSurplus()
    const now = clock.monotonic()
    const inFlight = new Map(traffic.pools().map((host) => [host.address, host.inFlight]))
    const due = surplus.filter(({ spec, port }) => {
      if (!before.has(spec.id)) return false
      const since = leftAt.get(spec.id) ?? now
      leftAt.set(spec.id, since)
      return (inFlight.get(`127.0.0.1:${port}`) ?? 0) === 0 || now - since >= longestDrainMs
    })
    for (const { spec } of due) ending.add(spec.id)
    return due.map((one) => one.spec.id)
  }

  return {
    isEnding: (instance) => ending.has(instance),
    start: () =>
      exclusive(async () => {
        const world = await loadWorld(store)
        const running = new Set(runtime.list().map((one) => one.spec.id))
        const missing = world.pools.flatMap(({ document: pool }) =>
          instancesOf(pool, activeRollout(world, pool))
            .filter((wanted) => !running.has(wanted.instance))
            .map((wanted) => ({ pool, wanted })),
        )
        await eachByItself(missing, async ({ pool, wanted }) =>
          runtime.ensure(await specOf(ports, world, pool, wanted)),
        )
      }),
    end: () =>
      exclusive(async () => {
        const surplus = await findSurplus()
        if (surplus.length === 0) return
        const { inSync } = await traffic.sync()
        if (!inSync) return
        const before = new Set(surplus.map((one) => one.spec.id))
        await eachByItself(await deciding(() => markEnding(before)), async (id) => {
          await runtime.remove(id).finally(() => ending.delete(id))
          leftAt.delete(id)
        })
      }),
  }
}

/** One that fails keeps none of the others from its turn; the failures end the pass together. */
async function eachByItself<T>(all: readonly T[], call: (one: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  for (const one of all) await call(one).catch((error: unknown) => failures.push(error))
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) {
    const first = failures[0] instanceof Error ? failures[0].message : String(failures[0])
    throw new AggregateError(failures, `${failures.length} of ${all.length} instances: ${first}`)
  }
}

/** Of two sides of a rollout each has its own: a setting that is changed ships as a build does, and goes back as one. */
function settingsFor(world: World, pool: Pool, wanted: WantedInstance): Settings | undefined {
  const rollout = activeRollout(world, pool)
  return rollout && isOfNewBuild(rollout, wanted.instance, wanted.host) ? rollout.toSettings : pool.settings
}

async function specOf(ports: Ports, world: World, pool: Pool, wanted: WantedInstance): Promise<InstanceSpec> {
  const service = world.organisation.services.find((one) => one.name === pool.service)
  const environment = world.organisation.environments.find((one) => one.name === pool.environment)
  const build = await ports.store.load('build', `${pool.service}/${wanted.build.digest}`)
  const backDoorPort = world.doors[backDoorId(pool.environment, pool.service)]
  invariant(service && environment, `${wanted.instance} belongs to a service and an environment that are configured`)
  invariant(build, `${wanted.instance} runs a build that is stored`)
  invariant(backDoorPort !== undefined, `${pool.environment}/${pool.service} has a back door`)
  return {
    id: wanted.instance,
    generation: 1,
    environment: pool.environment,
    service: pool.service,
    host: wanted.host,
    build: wanted.build,
    command: build.document.command,
    ready: service.ready,
    graceMs: service.stop.graceMs,
    settings: settingsFor(world, pool, wanted) ?? environment.settings[pool.service] ?? {},
    data: service.data,
    backDoorPort,
    crashes: settingsOf(world.organisation, pool.service).analysis.guards.crashes,
  }
}
