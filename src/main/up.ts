import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../config/readConfig.ts'
import { CofferdamError } from '../domain/errors.ts'
import type { StatusDocument } from '../engine/api.ts'
import { prepareHome } from '../store/home.ts'
import { readLockHolder } from '../store/lock.ts'
import { refuseSupervised } from './claimHome.ts'
import { endInstances } from './endInstances.ts'
import { findOurs } from './findOurs.ts'
import { invalidConfig } from './invalidConfig.ts'
import { getJson } from './readyWait.ts'
import { createStartReport, findRefusal, readLastLines } from './startTrouble.ts'
import { isAlive } from './supervise.ts'
import { forgetApi } from './apiFile.ts'

export interface UpOptions {
  readonly home: string
  readonly config: string
  readonly port: number | 'auto'
  readonly readyFile?: string
  /** Processes of the gateway that serve its doors. */
  readonly workers: number
  /** Given up after so many milliseconds; what was started goes on. */
  readonly withinMs: number
  /** Prints the result: a document for scripts, a text for people. */
  readonly print: Print
}

export type Print = (result: unknown, text: () => string) => void

const lookEveryMs = 100
/** A demo ends everything within 10 s. */
const endsWithinMs = 10_000

/** Starts the caller's own services detached and returns once they are ready; adopts what runs already. Returns the exit code. */
export async function runUp(options: UpOptions): Promise<number> {
  const config = resolve(options.config)
  const read = await readConfig(config)
  if (!read.ok) throw invalidConfig(config, read.problems)
  const home = prepareHome(resolve(options.home))
  refuseSupervised(home.path)
  const readyFile = resolve(options.readyFile ?? join(home.path, 'ready.json'))
  rmSync(readyFile, { force: true })
  const where = ['--home', home.path, '--config', config, '--workers', String(options.workers)]
  const child = spawnSupervisor(home.path, [...where, '--port', String(options.port), '--ready-file', readyFile])
  const report = createStartReport((text) => process.stderr.write(`${text}\n`))
  let last: StatusDocument | undefined
  for (const deadline = performance.now() + options.withinMs; performance.now() < deadline; await pause()) {
    if (existsSync(readyFile)) {
      const ready = JSON.parse(readFileSync(readyFile, 'utf8')) as ReadyFile
      options.print(ready, () => formatReady(ready))
      return 0
    }
    if (child.exitCode !== null || child.signalCode !== null) throw whySupervisorEnded(home.path, child.exitCode)
    const file = readSupervisorFile(home.path)
    // Until this supervisor has written its own, the file is that of the one before.
    if (!file || file.pid !== child.pid) continue
    const status = await getJson<StatusDocument>(`http://127.0.0.1:${file.port}/api/v1/status`)
    if (status) report((last = status))
  }
  const waiting = describeWaiting(last)
  options.print({ ready: false, home: home.path, waitingFor: waiting }, () => '')
  process.stderr.write(
    `not ready after ${options.withinMs / 1000} s (${waiting.join(', ')}); it goes on: \`cofferdam status --home ${home.path}\` shows it, \`cofferdam down --home ${home.path}\` ends it\n`,
  )
  return 5
}

interface ReadyFile {
  readonly api: string
  readonly environments: Readonly<Record<string, { readonly front: string }>>
}

function spawnSupervisor(home: string, args: readonly string[]): ChildProcess {
  mkdirSync(join(home, 'logs'), { recursive: true, mode: 0o700 })
  const log = openSync(supervisorLog(home), 'a', 0o600)
  const entry = fileURLToPath(new URL('upSupervisor.ts', import.meta.url))
  const child = spawn(process.execPath, [entry, ...args], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  child.unref()
  return child
}

function supervisorLog(home: string): string {
  return join(home, 'logs', 'supervisor.log')
}

function whySupervisorEnded(home: string, exit: number | null): CofferdamError {
  const lines = readLastLines(supervisorLog(home))
  const refusal = findRefusal(lines, exit ?? undefined)
  if (refusal) return new CofferdamError(refusal.code, refusal.message)
  return new CofferdamError(
    'bug',
    `the supervisor ended ${exit === null ? 'by a signal' : `with code ${exit}`}; its last lines in ${supervisorLog(home)}:\n${lines.join('\n')}`,
  )
}

function formatReady(ready: ReadyFile): string {
  const fronts = Object.entries(ready.environments).map(([name, { front }]) => `  ${name.padEnd(12)} ${front}\n`)
  return `ready: ${ready.api}\n${fronts.join('')}`
}

/** What is missing, in a few words. */
function describeWaiting(status: StatusDocument | undefined): readonly string[] {
  if (!status) return ['the control plane has not answered']
  return status.environments.flatMap(({ name, services }) =>
    services.flatMap(({ name: service, hosts }) => {
      const ready = hosts.filter((host) => host.ready).length
      return ready === hosts.length ? [] : [`${service} in ${name}: ${ready} of ${hosts.length} hosts ready`]
    }),
  )
}

/** Ends everything that runs in a home, of `up` or of `demo`. Returns the exit code. */
export async function runDown(options: { readonly home: string; readonly print: Print }): Promise<number> {
  const home = resolve(options.home)
  // The supervisor first: it would start again what ends before it.
  const supervisors = [supervisorPid(home)].filter((pid) => pid !== undefined)
  await endAll(supervisors)
  const file = readSupervisorFile(home)
  const children = childPids(home)
  await endAll(children)
  const processes = supervisors.length + children.length
  const instances = await endInstances(home)
  forgetFiles(home)
  if (file) forgetApi(home, `http://127.0.0.1:${file.port}`)
  options.print({ home, instances, processes }, () =>
    processes + instances > 0
      ? `ended ${instances} instances and ${processes} processes of ours\n`
      : `nothing of ${home} runs\n`,
  )
  return 0
}

/** Files that say what runs. On a disk that cannot be written they stay, and nothing believes them: their pids are gone. */
function forgetFiles(home: string): void {
  for (const name of ['supervisor.json', 'ready.json']) {
    try {
      rmSync(join(home, name), { force: true })
    } catch {
      // As above.
    }
  }
}

async function endAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) kill(pid, 'SIGTERM')
  for (const deadline = performance.now() + endsWithinMs; performance.now() < deadline; await pause())
    if (!pids.some(isAlive)) return
  for (const pid of pids.filter(isAlive)) kill(pid, 'SIGKILL')
}

export interface SupervisorFile {
  readonly pid: number
  readonly controlPlane?: number
  readonly gateway?: number
  readonly port: number
}

export function readSupervisorFile(home: string): SupervisorFile | undefined {
  try {
    return JSON.parse(readFileSync(join(home, 'supervisor.json'), 'utf8')) as SupervisorFile
  } catch {
    // Never brought up, or ended.
    return undefined
  }
}

/** The supervisor of a home, if it lives. */
function supervisorPid(home: string): number | undefined {
  return existsSync(home) ? readLockHolder(home, 'supervisor') : undefined
}

function childPids(home: string): readonly number[] {
  return [...findOurs(home, 'controlPlane.ts'), ...findOurs(home, 'gateway.ts')]
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone meanwhile.
  }
}

function pause(): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, lookEveryMs)
  })
}
