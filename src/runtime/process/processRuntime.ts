import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { InstanceSpec } from '../../domain/catalog/instance.ts'
import { CofferdamError } from '../../domain/errors.ts'
import type { Builds, Clock, Runtime } from '../../engine/ports.ts'
import { adoptInstances } from './adopt.ts'
import type { Variables } from './environment.ts'
import { createInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { instanceFolder } from './instanceFolder.ts'
import { removedLog, tailLog } from './log.ts'
import { createPorts } from './ports.ts'
import type { Ports } from './ports.ts'
import { createSlots } from './slots.ts'
import { createStores } from './stores.ts'
import type { InstanceWorld } from './supervision.ts'

const startsAtOnce = 6
const upkeepEveryMs = 5_000

export interface ProcessRuntimeOptions {
  /** The home; state lives in its `instances/`, `data/` and `logs/`. */
  readonly home: string
  readonly clock: Clock
  readonly builds: Builds
  /** Where `env:NAME` secrets, PATH, LANG and TZ come from; the control plane's own environment by default. */
  readonly env?: Variables
  /** Read end of the supervisor's pipe, a descriptor of this process: with it every instance dies within 5 s of the supervisor. */
  readonly lifeline?: number
}

export interface ProcessRuntime extends Runtime {
  /** Removes every instance and resolves when all of them are gone. */
  readonly removeAll: () => Promise<void>
  /** Stops watching; what runs runs on, and the next runtime on this home adopts it. */
  readonly close: () => void
}

/**
 * Instances as processes of this machine. Adopts what an earlier runtime on the same home started, finishes its removals,
 * and ends processes of this home that belong to no instance. One runtime per home at a time.
 */
export async function createProcessRuntime(options: ProcessRuntimeOptions): Promise<ProcessRuntime> {
  const home = resolve(options.home)
  const { clock, builds, lifeline } = options
  const listeners = new Set<(id: string) => void>()
  const changed = (id: string) => {
    for (const listener of listeners) listener(id)
  }
  const line = lifeline === undefined ? {} : { lifeline }
  const world: InstanceWorld = {
    home,
    clock,
    builds,
    changed,
    ...line,
    own: options.env ?? process.env,
    starts: createSlots(startsAtOnce),
    stores: createStores({ home, clock, ...line }),
  }
  const table = createInstanceTable(world)
  await table.adopt()
  const stopUpkeep = repeat(clock, upkeepEveryMs, async () => {
    for (const instance of table.all()) await instance.upkeep().catch(() => undefined)
  })
  return {
    ensure: table.ensure,
    remove: table.remove,
    list: () => table.all().map((instance) => instance.seen()),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    logs: async (id, { lines }) => {
      const running = await tailLog(join(home, 'instances', checkedId(id), 'log'), lines)
      return running.length > 0 ? running : tailLog(removedLog(home, id), lines)
    },
    removeAll: table.removeAll,
    close: () => {
      stopUpkeep()
      for (const instance of table.all()) instance.letGo()
    },
  }
}

interface InstanceTable {
  readonly all: () => readonly Instance[]
  readonly adopt: () => Promise<void>
  readonly ensure: (spec: InstanceSpec) => Promise<void>
  readonly remove: (id: string) => Promise<void>
  readonly removeAll: () => Promise<void>
}

function createInstanceTable(world: InstanceWorld): InstanceTable {
  const root = join(world.home, 'instances')
  const instances = new Map<string, Instance>()
  const ports = createPorts()
  const turns = createTurns()
  const hold = (id: string, instance: Instance) => {
    instances.set(id, instance)
    void instance.gone.then(() => {
      if (instances.get(id) !== instance) return
      ports.release(instance.seen().port)
      instances.delete(id)
      world.changed(id)
    })
  }
  const ensure = async (spec: InstanceSpec): Promise<void> => {
    const known = instances.get(checkedId(spec.id))
    const seen = known?.seen()
    if (known === undefined || seen === undefined) return hold(spec.id, await begin(world, root, ports, spec))
    if (spec.generation < seen.spec.generation) {
      throw new CofferdamError(
        'stale-generation',
        `instance "${spec.id}" has generation ${seen.spec.generation}; ${spec.generation} is older`,
      )
    }
    if (seen.phase === 'stopping') {
      throw new CofferdamError(
        'held',
        `instance "${spec.id}" is being removed; it can be asked for again when it is gone`,
      )
    }
    if (spec.generation > seen.spec.generation) await known.update(spec)
  }
  const remove = async (id: string) => instances.get(id)?.remove()
  return {
    all: () => [...instances.values()],
    adopt: async () => {
      await mkdir(root, { recursive: true, mode: 0o700 })
      for (const [id, instance] of await adoptInstances(world, root, ports)) hold(id, instance)
    },
    ensure: (spec) => turns(spec.id, () => ensure(spec)),
    remove: (id) => turns(id, () => remove(id)),
    removeAll: async () => {
      const all = [...instances]
      await Promise.all(all.map(([id]) => turns(id, () => remove(id))))
      await Promise.all(all.map(([, instance]) => instance.gone))
    },
  }
}

/** Writes down what will run before anything runs. */
async function begin(world: InstanceWorld, root: string, ports: Ports, spec: InstanceSpec): Promise<Instance> {
  const folder = instanceFolder(join(root, spec.id))
  const port = await ports.reserve()
  try {
    await folder.create(spec, port)
  } catch (error) {
    ports.release(port)
    throw error
  }
  return createInstance(world, folder, { spec, port, exits: [], everReady: false, removing: false })
}

/** One call at a time for each id, in the order of the calls. */
function createTurns(): <T>(id: string, call: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return (id, call) => {
    const mine = (last.get(id) ?? Promise.resolve()).then(call)
    const settled = mine.catch(() => undefined)
    last.set(id, settled)
    void settled.then(() => {
      if (last.get(id) === settled) last.delete(id)
    })
    return mine
  }
}

function repeat(clock: Clock, everyMs: number, call: () => Promise<void>): () => void {
  let stopped = false
  let cancel = () => undefined as void
  const next = () => {
    cancel = clock.after(everyMs, () => void call().finally(() => (stopped ? undefined : next())))
  }
  next()
  return () => {
    stopped = true
    cancel()
  }
}

function checkedId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(id)) return id
  throw new Error(`invariant: instance id "${id}" must be 1 to 200 letters, digits, dots, dashes or underscores`)
}
