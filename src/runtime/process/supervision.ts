import { join } from 'node:path'
import type { InstancePhase, InstanceSpec } from '../../domain/catalog/instance.ts'
import type { Builds, Clock } from '../../engine/ports.ts'
import { backOffMs, exitsWithin, steadyAfterMs } from '../backOff.ts'
import type { Exit } from '../backOff.ts'
import { instanceEnvironment, searchPath, withoutSecrets } from './environment.ts'
import type { Variables } from './environment.ts'
import { cannotStart, crashLoop, notReady } from '../failureText.ts'
import type { Failure } from '../failureText.ts'
import type { InstanceFolder, WrittenProcess } from './instanceFolder.ts'
import { launchShim, whyNotStartable } from './launch.ts'
import { listeningPortsOf } from './listeningPorts.ts'
import { keepRemovedLog, rotateLog, tailLog } from './log.ts'
import { patient, pause, waitFor } from './pause.ts'
import { isAlive, killByCookie, killGroupOf, residentBytes, signalProcess } from './processIdentity.ts'
import { askReady } from './readiness.ts'
import type { Slots } from './slots.ts'
import type { Stores } from './stores.ts'

const pidWithinMs = 5_000
const exitFileWithinMs = 1_000
const watchEveryMs = 200
const askEveryMs = 75
/** A start that takes longer than this lets the next one begin: a build that never gets ready must not block others. */
const slotForMs = 3_000
const exitsKept = 50
const samplesKept = 3
/** Of the log, in the reason of a failure: a stack trace with the sentence above it. */
const failureLines = 20

/** What every instance of a runtime shares. */
export interface InstanceWorld {
  readonly home: string
  readonly clock: Clock
  readonly builds: Builds
  readonly own: Variables
  readonly lifeline?: number
  readonly starts: Slots
  readonly stores: Stores
  readonly changed: (id: string) => void
}

/** What is known of one instance; `supervision` alone writes most of it. */
export interface Life {
  spec: InstanceSpec
  phase: InstancePhase
  running?: WrittenProcess
  /** When the running process became ready. */
  readyAtMs?: number
  everReady: boolean
  exits: readonly Exit[]
  /** Starts in a row that did not last. */
  attempts: number
  failure?: Failure
  memory: readonly number[]
  removing: boolean
  /** A shim of it was seen whose pid file was not: it is about to be written. */
  pidExpected: boolean
}

export interface Supervision {
  readonly enter: (phase: InstancePhase) => void
  /** One start, or the adoption of what runs, up to its end and the wait after it; returns early when aborted. */
  readonly live: (signal: AbortSignal) => Promise<void>
  /** TERM, grace, KILL of the group, KILL of whatever else carries the cookie. */
  readonly stop: () => Promise<void>
  /** Stops it and deletes its folder. Resolves with false when that has to be tried again. */
  readonly end: (signal: AbortSignal) => Promise<boolean>
  /** Samples memory, rotates the log, forgets a crash loop that is over. */
  readonly upkeep: () => Promise<void>
}

export interface Supervised {
  readonly world: InstanceWorld
  readonly folder: InstanceFolder
  readonly port: number
  readonly life: Life
}

/** What happens to the process of one instance, told in the order in which it happens. */
export function createSupervision(of: Supervised): Supervision {
  return {
    enter: (phase) => enter(of, phase),
    live: async (signal) => {
      try {
        await live(of, signal)
      } catch (error) {
        if (signal.aborted) return
        await giveUp(of, cannotStart(of.life.spec, error instanceof Error ? error.message : String(error)), signal)
      }
    },
    stop: () => stop(of),
    end: (signal) => end(of, signal),
    upkeep: () => upkeep(of),
  }
}

function enter({ world, life }: Supervised, phase: InstancePhase): void {
  // A build that was never ready and failed stays `failed` to everyone while it is tried again.
  const hopeless = life.failure !== undefined && !life.everReady && phase !== 'ready' && phase !== 'stopping'
  life.phase = hopeless ? 'failed' : life.removing ? 'stopping' : phase
  world.changed(life.spec.id)
}

async function live(of: Supervised, signal: AbortSignal): Promise<void> {
  const { life } = of
  let release: () => void = () => undefined
  try {
    await adopt(of, signal)
    if (life.running === undefined) {
      const start = await prepare(of, signal)
      if (start === undefined || signal.aborted) return
      release = await of.world.starts.take(signal)
      if (signal.aborted) return
      await launch(of, start, signal)
    }
    const cancelRelease = of.world.clock.after(slotForMs, release)
    const outcome = await untilReady(of, signal).finally(cancelRelease)
    release()
    if (outcome === 'late') return
    await waitFor(of.world.clock, { everyMs: watchEveryMs, withinMs: Infinity, signal }, () =>
      isRunning(life) ? undefined : true,
    )
    if (!signal.aborted) await noteExit(of, signal)
  } finally {
    release()
  }
}

function isRunning(life: Life): boolean {
  return life.running !== undefined && isAlive(life.running)
}

/** Takes over what an earlier control plane started, also when it died before it saw the pid. */
async function adopt(of: Supervised, signal: AbortSignal): Promise<void> {
  const { world, folder, life } = of
  if (life.running !== undefined) return
  const wait = { everyMs: 20, withinMs: life.pidExpected ? pidWithinMs : 0, signal }
  const written = await waitFor(world.clock, wait, () => folder.process())
  life.pidExpected = false
  if (written === undefined) return
  life.running = written
  if (isAlive(written)) enter(of, 'starting')
  else await noteExit(of, signal)
}

interface Start {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
}

/** All that comes before the process: what is missing fails here, by name. */
async function prepare(of: Supervised, signal: AbortSignal): Promise<Start | undefined> {
  const { world, folder, life } = of
  const { spec } = life
  if (!(await world.builds.has(spec.build.digest))) {
    await giveUp(of, cannotStart(spec, `build ${spec.build.digest} is not among the snapshots of this home`), signal)
    return undefined
  }
  const cwd = world.builds.path(spec.build.digest)
  const environment = instanceEnvironment(spec, { home: world.home, folder: folder.path, port: of.port }, world.own)
  const why = await whyNotStartable(spec.command, cwd, searchPath(world.own))
  if (why !== undefined) {
    await giveUp(of, cannotStart(spec, why), signal)
    return undefined
  }
  enter(of, 'preparing')
  const failure = await world.stores.prepare({ spec, folder: folder.path, cwd, environment, signal })
  if (signal.aborted) return undefined
  if (failure === undefined) return { cwd, environment }
  life.failure = { cause: 'store-failed', text: withoutSecrets(failure, spec, world.own) }
  enter(of, 'failed')
  // The build never starts on this store: only another spec or a removal ends the wait.
  await pause(world.clock, 2 ** 31 - 1, signal)
  return undefined
}

async function launch(of: Supervised, start: Start, signal: AbortSignal): Promise<void> {
  const { world, folder, life } = of
  await folder.clearProcess()
  enter(of, 'starting')
  const lifeline = world.lifeline === undefined ? {} : { lifeline: world.lifeline }
  await launchShim({ ...start, folder: folder.path, command: life.spec.command, ...lifeline })
  const written = await waitFor(world.clock, { everyMs: 10, withinMs: pidWithinMs, signal }, () => folder.process())
  if (written !== undefined) {
    life.running = written
    life.memory = []
    world.changed(life.spec.id)
  } else if (!signal.aborted) {
    await killByCookie(folder.path)
    throw new Error(`the shim wrote no pid into ${folder.path} within ${pidWithinMs / 1000} s`)
  }
}

async function untilReady(of: Supervised, signal: AbortSignal): Promise<'ready' | 'late' | 'ended'> {
  const { world, folder, life } = of
  const { running, spec } = life
  if (running === undefined) return 'ended'
  let last = 'nothing listens there'
  // What was ready under an earlier control plane serves people: only its own exit ends it, not our impatience.
  const withinMs = running.readyAtMs === undefined ? spec.ready.withinMs : Infinity
  const outcome = await waitFor(world.clock, { everyMs: askEveryMs, withinMs, signal }, async () => {
    if (!isAlive(running)) return 'ended' as const
    const said = await askReady(of.port, life.spec.ready.path)
    if (said === undefined) return isAlive(running) ? ('ready' as const) : ('ended' as const)
    last = said
    return undefined
  })
  if (signal.aborted || outcome === 'ended') return 'ended'
  if (outcome === undefined) {
    const listensOn = await listeningPortsOf(running)
    await stop(of)
    await giveUp(of, notReady(spec, of.port, { last, listensOn, lastLines: await lastLogLines(of) }), signal)
    return 'late'
  }
  life.readyAtMs = running.readyAtMs ?? world.clock.now()
  life.everReady = true
  if (running.readyAtMs === undefined) await folder.markReady(running, life.readyAtMs)
  if (!inCrashLoop(of)) delete life.failure
  enter(of, 'ready')
  return 'ready'
}

function inCrashLoop({ life, world }: Supervised): boolean {
  const { times, withinMs } = life.spec.crashes
  return exitsWithin(life.exits, withinMs, world.clock.now()).length >= times
}

/** Writes the exit down, then waits for the back-off. */
async function noteExit(of: Supervised, signal: AbortSignal): Promise<void> {
  const { world, folder, life } = of
  const nowMs = world.clock.now()
  if (life.readyAtMs !== undefined && nowMs - life.readyAtMs >= steadyAfterMs) life.attempts = 0
  forgetProcess(life)
  enter(of, 'backing-off')
  // The shim writes the exit a moment after the process is gone; a shim that was killed never does.
  const exit = await waitFor(world.clock, { everyMs: 10, withinMs: exitFileWithinMs, signal: patient }, () =>
    folder.exit(),
  )
  const exits = [...life.exits, exit ?? { atMs: nowMs, code: -1 }].slice(-exitsKept)
  await folder.writeExits(exits)
  await folder.clearProcess()
  // Children in sessions of their own could still hold the port.
  await killByCookie(folder.path)
  const lines = await lastLogLines(of)
  life.exits = exits
  const recent = exitsWithin(exits, life.spec.crashes.withinMs, world.clock.now())
  if (recent.length >= life.spec.crashes.times) life.failure = crashLoop(life.spec, recent, lines)
  await backOff(of, signal)
}

async function lastLogLines({ folder, life, world }: Supervised): Promise<readonly string[]> {
  const lines = await tailLog(join(folder.path, 'log'), failureLines)
  return lines.map((line) => withoutSecrets(line, life.spec, world.own))
}

function forgetProcess(life: Life): void {
  delete life.running
  delete life.readyAtMs
  life.memory = []
}

async function giveUp(of: Supervised, failure: Failure, signal: AbortSignal): Promise<void> {
  of.life.failure = failure
  await backOff(of, signal)
}

async function backOff(of: Supervised, signal: AbortSignal): Promise<void> {
  of.life.attempts += 1
  enter(of, 'backing-off')
  await pause(of.world.clock, backOffMs(of.life.attempts), signal)
}

async function stop({ world, folder, life }: Supervised): Promise<void> {
  const { running } = life
  if (running !== undefined && isAlive(running)) {
    const gone = () => (isAlive(running) ? undefined : true)
    signalProcess(running, 'SIGTERM')
    await waitFor(world.clock, { everyMs: 20, withinMs: life.spec.graceMs, signal: patient }, gone)
    killGroupOf(running)
    await waitFor(world.clock, { everyMs: 10, withinMs: 2_000, signal: patient }, gone)
  }
  // Children in sessions of their own left the group but kept the environment.
  await waitFor(world.clock, { everyMs: 50, withinMs: 2_000, signal: patient }, async () =>
    (await killByCookie(folder.path)) === 0 ? true : undefined,
  )
  await folder.clearProcess()
  forgetProcess(life)
}

async function end(of: Supervised, signal: AbortSignal): Promise<boolean> {
  const { world, folder, life } = of
  try {
    const written = life.running ?? (await folder.process())
    if (written !== undefined) life.running = written
    await stop(of)
    await keepRemovedLog(world.home, folder.path, life.spec.id)
    await folder.delete()
    return true
  } catch {
    await pause(world.clock, 1_000, signal)
    return false
  }
}

async function upkeep(of: Supervised): Promise<void> {
  const { folder, life } = of
  await rotateLog(folder.path)
  if (life.phase === 'ready' && life.failure?.cause === 'crash-loop' && !inCrashLoop(of)) {
    delete life.failure
    enter(of, 'ready')
  }
  if (life.running === undefined) return
  const { pid } = life.running
  const bytes = await residentBytes(pid)
  if (bytes !== undefined && life.running?.pid === pid) life.memory = [...life.memory, bytes].slice(-samplesKept)
}
