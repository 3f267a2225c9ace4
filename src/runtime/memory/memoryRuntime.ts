import type { InstancePhase, InstanceSeen, InstanceSpec } from '../../domain/catalog/instance.ts'
import { CofferdamError } from '../../domain/errors.ts'
import type { Clock, Runtime } from '../../engine/ports.ts'
import { backOffMs, exitsWithin, steadyAfterMs } from '../backOff.ts'
import type { Exit } from '../backOff.ts'
import { cannotStart, crashLoop, notReady } from '../failureText.ts'
import type { Failure } from '../failureText.ts'
import { startsDifferently } from '../startsDifferently.ts'

/** How the processes of one build behave in the simulation. */
export interface Behaviour {
  /** From start to its first 2xx; `never` answers nothing. */
  readonly readyAfterMs: number | 'never'
  /** Exits by itself this long after each start. */
  readonly exitsAfterMs?: number
  readonly exitCode?: number
  /** From TERM to its end; 0 when left out. */
  readonly stopsAfterMs?: number
  /** Why it cannot be started at all. */
  readonly cannotStart?: string
  /** Why its stores cannot be prepared. */
  readonly storeFails?: string
  /** Resident bytes so long after the start. */
  readonly memoryBytes?: (sinceStartMs: number) => number
}

export interface MemoryRuntime extends Runtime {
  /** Ends the process of an instance, as kill -9 would; nothing happens when none runs. */
  readonly kill: (id: string) => void
}

export interface MemoryRuntimeOptions {
  readonly clock: Clock
  readonly behave: (spec: InstanceSpec) => Behaviour
}

interface Simulated {
  spec: InstanceSpec
  readonly port: number
  phase: InstancePhase
  pid?: number
  startedAtMs?: number
  readyAtMs?: number
  everReady: boolean
  exits: readonly Exit[]
  attempts: number
  failure?: Failure
  /** Cancels of what is due to happen to it. */
  due: (() => void)[]
}

const sampleEveryMs = 5_000

/** Instances that exist in memory only and move with the clock; passes the same contract as real processes. */
export function createMemoryRuntime({ clock, behave }: MemoryRuntimeOptions): MemoryRuntime {
  const instances = new Map<string, Simulated>()
  const listeners = new Set<(id: string) => void>()
  const next = { pid: 1_000, port: 20_000 }
  const changed = (id: string) => {
    for (const listener of listeners) listener(id)
  }
  const simulation = createSimulation({
    clock,
    behave,
    changed,
    nextPid: () => (next.pid += 1),
    forget: (id) => void instances.delete(id),
  })
  return {
    ensure: async (spec) => {
      const known = instances.get(spec.id)
      if (known === undefined) {
        const instance: Simulated = {
          spec,
          port: (next.port += 1),
          phase: 'starting',
          everReady: false,
          exits: [],
          attempts: 0,
          due: [],
        }
        instances.set(spec.id, instance)
        return simulation.start(instance)
      }
      if (spec.generation < known.spec.generation) {
        throw new CofferdamError(
          'stale-generation',
          `instance "${spec.id}" has generation ${known.spec.generation}; ${spec.generation} is older`,
        )
      }
      if (known.phase === 'stopping') {
        throw new CofferdamError(
          'held',
          `instance "${spec.id}" is being removed; it can be asked for again when it is gone`,
        )
      }
      if (spec.generation > known.spec.generation) simulation.update(known, spec)
    },
    remove: async (id) => {
      const known = instances.get(id)
      if (known !== undefined && known.phase !== 'stopping') simulation.remove(known)
    },
    kill: (id) => {
      const known = instances.get(id)
      if (known?.pid !== undefined) simulation.exit(known, 137)
    },
    list: () => [...instances.values()].map((instance) => seenOf(instance, behave, clock.now())),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    logs: async () => [],
  }
}

function seenOf(of: Simulated, behave: MemoryRuntimeOptions['behave'], nowMs: number): InstanceSeen {
  return {
    spec: of.spec,
    phase: of.phase,
    port: of.port,
    exits: exitsWithin(of.exits, of.spec.crashes.withinMs, nowMs),
    memory: samples(of, behave, nowMs),
    ...(of.pid === undefined ? {} : { pid: of.pid }),
    ...(of.startedAtMs === undefined ? {} : { startedAtMs: of.startedAtMs }),
    ...(of.readyAtMs === undefined ? {} : { readyAtMs: of.readyAtMs }),
    ...(of.failure === undefined ? {} : { failure: of.failure }),
  }
}

function samples(of: Simulated, behave: MemoryRuntimeOptions['behave'], nowMs: number): readonly number[] {
  if (of.startedAtMs === undefined) return []
  const taken = Math.floor((nowMs - of.startedAtMs) / sampleEveryMs)
  const memory = behave(of.spec).memoryBytes ?? (() => 50_000_000)
  return [taken - 2, taken - 1, taken].filter((n) => n >= 1).map((n) => memory(n * sampleEveryMs))
}

interface SimulationOptions extends MemoryRuntimeOptions {
  readonly changed: (id: string) => void
  readonly nextPid: () => number
  readonly forget: (id: string) => void
}

interface Simulation {
  readonly update: (of: Simulated, spec: InstanceSpec) => void
  readonly start: (of: Simulated) => void
  readonly exit: (of: Simulated, code: number) => void
  readonly remove: (of: Simulated) => void
}

function createSimulation({ clock, behave, changed, nextPid, forget }: SimulationOptions): Simulation {
  const enter = (of: Simulated, phase: InstancePhase) => {
    const hopeless = of.failure !== undefined && !of.everReady && phase !== 'ready' && phase !== 'stopping'
    of.phase = hopeless ? 'failed' : phase
    changed(of.spec.id)
  }
  const later = (of: Simulated, ms: number, call: () => void) => of.due.push(clock.after(ms, call))
  const endProcess = (of: Simulated) => {
    for (const cancel of of.due.splice(0)) cancel()
    delete of.pid
    delete of.startedAtMs
    delete of.readyAtMs
  }
  const backOff = (of: Simulated) => {
    of.attempts += 1
    enter(of, 'backing-off')
    later(of, backOffMs(of.attempts), () => start(of))
  }
  const inCrashLoop = (of: Simulated) =>
    exitsWithin(of.exits, of.spec.crashes.withinMs, clock.now()).length >= of.spec.crashes.times
  const start = (of: Simulated) => {
    const how = behave(of.spec)
    if (how.cannotStart !== undefined) {
      of.failure = cannotStart(of.spec, how.cannotStart)
      return backOff(of)
    }
    if (how.storeFails !== undefined) {
      of.failure = { cause: 'store-failed', text: how.storeFails }
      return enter(of, 'failed')
    }
    of.pid = nextPid()
    of.startedAtMs = clock.now()
    enter(of, 'starting')
    const late = how.readyAfterMs === 'never' || how.readyAfterMs > of.spec.ready.withinMs
    if (late) {
      later(of, of.spec.ready.withinMs, () => {
        endProcess(of)
        of.failure = notReady(of.spec, of.port, { last: 'nothing listens there', listensOn: [], lastLines: [] })
        backOff(of)
      })
    } else {
      later(of, how.readyAfterMs, () => {
        of.readyAtMs = clock.now()
        of.everReady = true
        if (!inCrashLoop(of)) delete of.failure
        enter(of, 'ready')
      })
    }
    if (how.exitsAfterMs !== undefined) later(of, how.exitsAfterMs, () => exit(of, how.exitCode ?? 1))
  }
  const exit = (of: Simulated, code: number) => {
    const nowMs = clock.now()
    if (of.readyAtMs !== undefined && nowMs - of.readyAtMs >= steadyAfterMs) of.attempts = 0
    endProcess(of)
    of.exits = [...of.exits, { atMs: nowMs, code }].slice(-50)
    if (inCrashLoop(of)) of.failure = crashLoop(of.spec, exitsWithin(of.exits, of.spec.crashes.withinMs, nowMs), [])
    backOff(of)
  }
  const remove = (of: Simulated) => {
    const stopsAfterMs = of.pid === undefined ? 0 : Math.min(of.spec.graceMs, behave(of.spec).stopsAfterMs ?? 0)
    for (const cancel of of.due.splice(0)) cancel()
    enter(of, 'stopping')
    later(of, stopsAfterMs, () => {
      endProcess(of)
      forget(of.spec.id)
      changed(of.spec.id)
    })
  }
  const update = (of: Simulated, spec: InstanceSpec) => {
    const restart = startsDifferently(of.spec, spec)
    of.spec = spec
    if (!restart) return
    endProcess(of)
    delete of.failure
    start(of)
  }
  return { start, exit, remove, update }
}
