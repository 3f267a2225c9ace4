import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

/** A pid alone may be used again by the system; with its start it never is, until the next boot. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot. */
  readonly startTicks: string
}

interface ProcessStat {
  readonly state: string
  readonly group: number
  readonly session: number
  readonly startTicks: string
}

function statOf(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name may hold spaces and brackets: fields count from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      state: fields[0] ?? '',
      group: Number(fields[2]),
      session: Number(fields[3]),
      startTicks: fields[19] ?? '',
    }
  } catch {
    return undefined
  }
}

/** The identity of whatever has this pid now; of a pid that nobody has, one that is never alive. */
export function identify(pid: number): ProcessIdentity {
  return { pid, startTicks: statOf(pid)?.startTicks ?? 'gone' }
}

/** Whether this very process runs; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = statOf(identity.pid)
  return stat !== undefined && stat.startTicks === identity.startTicks && stat.state !== 'Z' && stat.state !== 'X'
}

/** Process group of this very process, or of whatever has the pid now when no start is given; undefined when it is gone. */
export function groupOf(process: { readonly pid: number; readonly startTicks?: string }): number | undefined {
  const stat = statOf(process.pid)
  return process.startTicks === undefined || process.startTicks === stat?.startTicks ? stat?.group : undefined
}

/** Session of a process, or undefined when there is none. */
export function sessionOf(pid: number): number | undefined {
  return statOf(pid)?.session
}

/** Sends a signal to this very process; a gone one is not an error. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (isAlive(identity)) send(identity.pid, signal)
}

/** Kills the process group that this very process is in. */
export function killGroupOf(identity: ProcessIdentity): void {
  const group = isAlive(identity) ? statOf(identity.pid)?.group : undefined
  if (group !== undefined && group > 1) send(-group, 'SIGKILL')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Resident memory in bytes, or undefined when the process is gone. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

/** Every living process with a `COFFERDAM_INSTANCE` that begins with `prefix` in its environment: pid → that value. */
export async function findByCookie(prefix: string): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>()
  const wanted = `\0COFFERDAM_INSTANCE=${prefix}`
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const environment = `\0${await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')}`
    const at = environment.indexOf(wanted)
    if (at === -1) continue
    const from = at + wanted.length - prefix.length
    const to = environment.indexOf('\0', from)
    found.set(Number(name), environment.slice(from, to === -1 ? undefined : to))
  }
  return found
}

/** Kills every process whose `COFFERDAM_INSTANCE` is exactly `folder`, except those of one session. */
export async function killByCookie(folder: string, exceptSession?: number): Promise<number> {
  let killed = 0
  for (const [pid, value] of await findByCookie(folder)) {
    if (value !== folder || (exceptSession !== undefined && sessionOf(pid) === exceptSession)) continue
    send(pid, 'SIGKILL')
    killed += 1
  }
  return killed
}
