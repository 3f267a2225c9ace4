import type { Hold } from '../domain/holds.ts'
import { snapshotInstances } from './instanceSnapshot.ts'
import { createMutex } from './mutex.ts'
import type { Ports } from './ports.ts'
import { createQueue } from './queue.ts'
import { createInstancesReconciler } from './reconcilers/instances.ts'
import { resizePools } from './reconcilers/pools.ts'
import { reconcilePromotion } from './reconcilers/promotion.ts'
import { reconcileRollout } from './reconcilers/rollout.ts'
import { forgetObservations } from './reconcilers/retention.ts'
import { createTrafficReconciler } from './reconcilers/traffic.ts'
import { createSaveWatch } from './saveWatch.ts'
import { createTestRunner } from './testRunner.ts'
import { createWatcher } from './watch.ts'
import { createApi } from './createApi.ts'
import type { EngineApi } from './api.ts'
import { loadWorld } from './world.ts'

export interface Engine {
  readonly api: EngineApi
  /** Adopts what runs, then moves everything that is under way. */
  readonly start: () => Promise<void>
  /** Starts nothing any more; what runs stays as it is. */
  readonly stop: () => Promise<void>
}

/** Everything is looked at again this often, so that a lost event costs a minute, not correctness. */
const scanMs = 30_000
const pollMs = 1_000

/** Wires reconcilers, queue, watcher and commands. All state is in the store; what is kept here can be lost. */
export function createEngine(given: Ports): Engine {
  const saves = createSaveWatch(given.store, given.clock)
  const ports: Ports = { ...given, store: saves.store, runtime: snapshotInstances(given.runtime, given.clock) }
  const holds = new Map<string, readonly Hold[]>()
  const listeners = new Set<() => void>()
  const announce = () => {
    for (const wake of listeners) wake()
  }
  const traffic = createTrafficReconciler(ports)
  const deciding = createMutex()
  const instances = createInstancesReconciler(ports, traffic, deciding)
  const watcher = createWatcher({ ports, traffic: () => traffic, decide: (id) => queue.run(`rollout:${id}`) })
  const testRunner = createTestRunner(ports, (id) => queue.wake(`promotion:${id}`))
  const wakePromotion = (id: string) => queue.wake(`promotion:${id}`)
  const wakeRollout = (id: string) => queue.wake(`rollout:${id}`)
  const wakeInstances = () => queue.wake('world:')

  /** Whether a test environment is taken is looked up and answered in one go. */
  const promoting = createMutex()
  const queue = createQueue(
    ports.clock,
    async (key) => {
      const [kind, id = ''] = key.split(':')
      if (kind === 'rollout')
        return reconcileRollout(
          { ports, traffic, watcher, instances, deciding, holds, wakePromotion, wakeInstances, announce },
          id,
        )
      if (kind === 'promotion') {
        const wakeAtMs = await promoting(() =>
          reconcilePromotion({ ports, testRunner, holds, wakeRollout, announce }, id),
        )
        if (wakeAtMs === undefined) queue.wake('retention:')
        return wakeAtMs
      }
      if (kind === 'retention') return (await forgetObservations(ports)) ? ports.clock.now() + pollMs : undefined
      if (kind === 'scan') return scan()
      return bringWorldIntoLine()
    },
    (key, error) => ports.report(key.split(':')[0] ?? key, error),
  )

  /** What cannot be started keeps neither the table from the gateways nor the end of what is no longer wanted. */
  async function bringWorldIntoLine(): Promise<number> {
    const failures: unknown[] = []
    for (const step of [instances.start, traffic.sync, instances.end])
      await step().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
    return ports.clock.now() + scanMs
  }

  /** Whatever has not ended is woken, whether or not somebody remembered to. */
  async function scan(): Promise<number> {
    const [promotions, rollouts] = await Promise.all([
      ports.store.list('promotion', { phases: ['waiting', 'moving', 'rolling-back'], limit: 1_000 }),
      ports.store.list('rollout', {
        phases: ['preparing', 'shifting', 'holding', 'baking', 'rolling-back'],
        limit: 1_000,
      }),
    ])
    for (const { id } of rollouts) wakeRollout(id)
    for (const { id } of promotions) wakePromotion(id)
    await resizePools(ports)
    return ports.clock.now() + scanMs
  }

  let stopped = false
  let cancelPoll: () => void = () => undefined
  let unsubscribe: () => void = () => undefined
  const waking = createMutex()

  /** Something about an instance changed: whoever waits for its service looks again. */
  function instanceChanged(): void {
    void waking(async () => {
      for (const { id } of (await loadWorld(ports.store)).rollouts) wakeRollout(id)
      queue.wake('world:')
    }).catch((error: unknown) => ports.report('instances', error))
  }

  async function poll(): Promise<void> {
    await traffic.poll().catch((error: unknown) => ports.report('gateway', error))
    // A gateway may come later than the control plane.
    for (const gateway of ports.traffic.gateways()) watcher.follow(gateway)
    if (traffic.gateways().some((one) => !one.silent && one.generation !== undefined)) queue.wake('world:')
    if (!stopped) cancelPoll = ports.clock.after(pollMs, () => void poll())
  }

  return {
    api: createApi({
      ports,
      traffic,
      watcher,
      holds,
      cannotSave: saves.hold,
      announce,
      wakeWorld: () => queue.run('world:'),
      runPromotion: (id) => queue.run(`promotion:${id}`),
      wakeRollout,
      listen: (wake) => {
        listeners.add(wake)
        return () => listeners.delete(wake)
      },
    }),
    start: async () => {
      unsubscribe = ports.runtime.subscribe(instanceChanged)
      // What the gateways say comes first: a share that nobody watched meanwhile must not be raised.
      await traffic.poll().catch((error: unknown) => ports.report('gateway', error))
      await queue.run('world:')
      await queue.run('scan:')
      queue.wake('retention:')
      await poll()
    },
    stop: async () => {
      stopped = true
      cancelPoll()
      unsubscribe()
      await testRunner.stopAll()
      await queue.stop()
      await watcher.stop()
    },
  }
}
