import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../config/readConfig.ts'
import { CofferdamError } from '../domain/errors.ts'
import { prepareHome } from '../store/home.ts'
import { endInstances } from './endInstances.ts'
import { isAlive } from './supervise.ts'

export interface UpOptions {
  readonly home: string
  readonly config: string
  readonly port: number | 'auto'
  readonly readyFile?: string
  /** Processes of the gateway that serve its doors. */
  readonly workers: number
  /** Given up after so many milliseconds; what was started goes on. */
  readonly withinMs: number
}

const lookEveryMs = 100

/** Starts the caller's own services detached and returns once they are ready; adopts what runs already. Returns the exit code. */
export async function runUp(options: UpOptions): Promise<number> {
  const home = prepareHome(resolve(options.home))
  const config = resolve(options.config)
  const read = await readConfig(config)
  if (!read.ok)
    throw new CofferdamError('invalid-config', `${config} has ${read.problems.length} problems`, {
      details: { problems: read.problems },
    })
  const running = supervisorPid(home.path)
  if (running !== undefined)
    throw new CofferdamError('home-locked', `a supervisor with pid ${running} keeps the home ${home.path} up already`)
  const readyFile = resolve(options.readyFile ?? join(home.path, 'ready.json'))
  rmSync(readyFile, { force: true })
  mkdirSync(join(home.path, 'logs'), { recursive: true, mode: 0o700 })
  const log = openSync(join(home.path, 'logs', 'supervisor.log'), 'a', 0o600)
  const entry = fileURLToPath(new URL('upSupervisor.ts', import.meta.url))
  const args = ['--home', home.path, '--config', config, '--port', String(options.port)]
  const more = ['--ready-file', readyFile, '--workers', String(options.workers)]
  const child = spawn(process.execPath, [entry, ...args, ...more], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  child.unref()
  let exitCode: number | undefined
  child.once('exit', (code) => (exitCode = code ?? 1))
  for (const deadline = performance.now() + options.withinMs; performance.now() < deadline; await pause()) {
    if (existsSync(readyFile)) {
      process.stdout.write(`ready: ${(JSON.parse(readFileSync(readyFile, 'utf8')) as { api: string }).api}\n`)
      return 0
    }
    if (exitCode !== undefined)
      throw new CofferdamError(
        'home-unusable',
        `the supervisor ended with ${String(exitCode)}; ${join(home.path, 'logs', 'supervisor.log')} says why`,
      )
  }
  process.stderr.write(`not ready after ${options.withinMs / 1000} s; it goes on: \`cofferdam status\`\n`)
  return 5
}

/** Ends everything of a home that `up` started. Returns the exit code. */
export async function runDown(options: { readonly home: string }): Promise<number> {
  const home = resolve(options.home)
  const pids = [supervisorPid(home), ...childPids(home)].filter((pid) => pid !== undefined)
  for (const pid of pids) kill(pid, 'SIGTERM')
  for (const deadline = performance.now() + 6_000; performance.now() < deadline && pids.some(isAlive); ) await pause()
  for (const pid of pids.filter(isAlive)) kill(pid, 'SIGKILL')
  const ended = await endInstances(home)
  for (const file of ['supervisor.json', 'ready.json', 'api.json']) rmSync(join(home, file), { force: true })
  process.stdout.write(
    pids.length + ended > 0
      ? `ended ${ended} instances and ${pids.length} processes of ours\n`
      : `nothing of ${home} runs\n`,
  )
  return 0
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
  const pid = readSupervisorFile(home)?.pid
  return pid !== undefined && isOurs(pid, home) ? pid : undefined
}

function childPids(home: string): readonly number[] {
  const file = readSupervisorFile(home)
  return [file?.controlPlane, file?.gateway]
    .filter((pid) => pid !== undefined && isOurs(pid, home))
    .filter((pid) => pid !== undefined)
}

/** The pid may be another program's by now: ours has the home in its command line. */
export function isOurs(pid: number, home: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .some((word) => word === home || word.startsWith(`${home}/`))
  } catch {
    // It ended.
    return false
  }
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
