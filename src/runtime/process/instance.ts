import type { InstanceSeen, InstanceSpec } from '../../domain/catalog/instance.ts'
import { exitsWithin } from '../backOff.ts'
import { startsDifferently } from '../startsDifferently.ts'
import type { FolderState, InstanceFolder, WrittenProcess } from './instanceFolder.ts'
import { createSupervision } from './supervision.ts'
import type { InstanceWorld, Life } from './supervision.ts'

export interface Instance {
  readonly folder: InstanceFolder
  readonly seen: () => InstanceSeen
  /** Takes a newer spec; a changed one restarts the process, a newer generation alone does not. */
  readonly update: (spec: InstanceSpec) => Promise<void>
  /** Ends it; `gone` resolves when its processes and its folder are no more. */
  readonly remove: () => Promise<void>
  readonly gone: Promise<void>
  /** Samples memory and rotates the log. */
  readonly upkeep: () => Promise<void>
  /** Stops watching; what runs runs on. */
  readonly letGo: () => void
}

export interface Found {
  /** Its process, alive. */
  readonly running?: WrittenProcess
  /** A shim of it lives and is about to write the pid. */
  readonly pidExpected?: boolean
}

/** Begins the life of an instance from what its folder says: adopts it when it runs, starts it when it does not. */
export function createInstance(
  world: InstanceWorld,
  folder: InstanceFolder,
  state: FolderState,
  found: Found = {},
): Instance {
  const { spec, exits, everReady, removing } = state
  const { pidExpected = false } = found
  const life: Life = {
    spec,
    everReady,
    exits,
    removing,
    pidExpected,
    phase: removing ? 'stopping' : 'starting',
    attempts: 0,
    memory: [],
    ...(found.running === undefined ? {} : { running: found.running }),
  }
  const ending = new AbortController()
  let turn = new AbortController()
  const supervision = createSupervision({ world, folder, port: state.port, life })
  const run = async () => {
    while (!ending.signal.aborted) {
      const mine = turn.signal
      if (life.removing) {
        if (await supervision.end(ending.signal)) return
      } else {
        await supervision.live(mine)
        const specChanged = mine.aborted && !life.removing && !ending.signal.aborted
        if (specChanged) await supervision.stop()
      }
    }
  }
  return {
    folder,
    gone: run(),
    seen: () => seenOf(life, state.port, world.clock.now()),
    update: async (next) => {
      const restart = startsDifferently(life.spec, next)
      await folder.writeSpec(next)
      life.spec = next
      if (!restart || life.removing) return
      delete life.failure
      const before = turn
      turn = new AbortController()
      before.abort()
    },
    remove: async () => {
      if (life.removing) return
      await folder.markRemoving()
      life.removing = true
      supervision.enter('stopping')
      turn.abort()
    },
    upkeep: supervision.upkeep,
    letGo: () => {
      ending.abort()
      turn.abort()
    },
  }
}

function seenOf(life: Life, port: number, nowMs: number): InstanceSeen {
  return {
    spec: life.spec,
    phase: life.phase,
    port,
    exits: exitsWithin(life.exits, life.spec.crashes.withinMs, nowMs),
    memory: life.memory,
    ...(life.running === undefined ? {} : { pid: life.running.pid, startedAtMs: life.running.startedAtMs }),
    ...(life.readyAtMs === undefined ? {} : { readyAtMs: life.readyAtMs }),
    ...(life.failure === undefined ? {} : { failure: life.failure }),
  }
}
