import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Lifeline } from './lifeline.ts'

export interface ChildSpec {
  readonly name: string
  /** Arguments of Node: the entry file first. */
  readonly args: readonly string[]
  readonly log: string
  /** Started again when it dies; the load generator is not. */
  readonly restart: boolean
  /** It reads secrets: it gets these beside the whole environment. Absent: it gets nothing but the plain names. */
  readonly secrets?: Readonly<Record<string, string>>
  /** A process of an earlier supervisor that still does this job: it is watched, not started twice. */
  readonly adopt?: number
}

export interface Child {
  readonly name: string
  readonly log: string
  readonly pid: () => number | undefined
  /** Ends so far that nobody asked for, with the exit code of the last one; undefined when a signal ended it. */
  readonly ends: () => { readonly count: number; readonly code?: number }
  /** TERM, then KILL after `graceMs`; it is not started again. Resolves when it is gone. */
  readonly stop: (graceMs: number) => Promise<void>
}

const firstBackOffMs = 50
const longestBackOffMs = 5_000

/** A process that ends at once is not started in a circle; one that had lived for a while is started at once. */
function betweenStartsMs(failures: number): number {
  return Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures)
}

/** How often an adopted process, which is no child of ours, is looked at. */
const lookEveryMs = 250
/** A child that lived so long starts its back-off anew. */
const healthyAfterMs = 10_000

/** Keeps one process of ours running. Without a lifeline it outlives this process. */
export function superviseChild(spec: ChildSpec, lifeline: Lifeline | undefined, changed: () => void): Child {
  let child: ChildProcess | undefined
  let adopted = spec.adopt
  let stopping = false
  let failures = 0
  let ends: { readonly count: number; readonly code?: number } = { count: 0 }
  let timer: NodeJS.Timeout | undefined

  function start(): void {
    const log = openLog(spec.log)
    const readEnd = lifeline?.openReadEnd()
    const startedAt = performance.now()
    child = spawn(process.execPath, spec.args, {
      stdio: ['ignore', log ?? 'ignore', log ?? 'ignore', ...(readEnd === undefined ? [] : [readEnd])],
      detached: true,
      env: {
        ...(spec.secrets ? { ...process.env, ...spec.secrets } : plainEnvironment()),
        ...(readEnd === undefined ? {} : { COFFERDAM_LIFELINE: '1' }),
      },
    })
    if (log !== undefined) closeSync(log)
    if (readEnd !== undefined) closeSync(readEnd)
    const ended = (code: number | null) => {
      child = undefined
      if (!stopping) ends = { count: ends.count + 1, ...(code === null ? {} : { code }) }
      const livedMs = performance.now() - startedAt
      failures = livedMs > healthyAfterMs ? 0 : failures + 1
      changed()
      if (!stopping && spec.restart) timer = setTimeout(start, Math.max(0, betweenStartsMs(failures) - livedMs))
    }
    child.once('exit', ended)
    // A process that could not be made (no memory, no pid) has no exit; one that was made has.
    const made = child.pid !== undefined
    child.on('error', () => (made ? undefined : ended(null)))
    changed()
  }

  function watchAdopted(pid: number): void {
    if (stopping) return
    if (isAlive(pid)) timer = setTimeout(() => watchAdopted(pid), lookEveryMs)
    else {
      adopted = undefined
      start()
    }
  }

  if (adopted === undefined) start()
  else watchAdopted(adopted)
  return {
    name: spec.name,
    log: spec.log,
    pid: () => child?.pid ?? adopted,
    ends: () => ends,
    stop: async (graceMs) => {
      stopping = true
      clearTimeout(timer)
      if (adopted !== undefined) return endProcess(adopted, graceMs)
      const dying = child
      if (!dying) return
      const gone = new Promise<void>((resolve) => dying.once('exit', () => resolve()))
      dying.kill('SIGTERM')
      const kill = setTimeout(() => dying.kill('SIGKILL'), graceMs)
      await gone
      clearTimeout(kill)
    },
  }
}

/** A process whose log cannot be opened (a home that became read-only) runs without one. */
function openLog(path: string): number | undefined {
  try {
    return openSync(path, 'a', 0o600)
  } catch {
    return undefined
  }
}

/** Whether a process of ours exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // ESRCH: gone.
    return false
  }
}

/** TERM, then KILL after `graceMs`, to a process that is no child. */
export async function endProcess(pid: number, graceMs: number): Promise<void> {
  signalProcess(pid, 'SIGTERM')
  for (const deadline = performance.now() + graceMs; performance.now() < deadline && isAlive(pid); ) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 50)
    })
  }
  signalProcess(pid, 'SIGKILL')
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already.
  }
}

/** Where programs and folders are, and how Node runs: what a process needs that has no use for anybody's secrets. */
const plainNames = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE']

function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(plainNames.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}
