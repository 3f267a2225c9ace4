import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CofferdamError } from '../domain/errors.ts'
import { diskFull, explainFailure, foundNoRoom } from './sqlite/failure.ts'

export interface HomeLock {
  /** Gives the home free; a second call does nothing. */
  readonly release: () => void
}

interface Holder {
  readonly pid: number
  /** Clock ticks since boot at which the process started; with the pid it names one process. Empty without /proc. */
  readonly start: string
}

/** Of each kind one process works on a home: one decides, one keeps the others running. */
export type LockRole = 'control plane' | 'supervisor'

const files: Readonly<Record<LockRole, string>> = { 'control plane': 'lock', supervisor: 'supervisor.lock' }

/**
 * Takes the lock of a home for this process. The lock of a process that is gone is taken over.
 *
 * @param home absolute path of a prepared home.
 * @throws `home-locked`, naming the pid, while another process holds it; `home-unusable` when it cannot be written.
 */
export function lockHome(home: string, role: LockRole = 'control plane'): HomeLock {
  const path = join(home, files[role])
  const self: Holder = { pid: process.pid, start: readStart(process.pid) ?? '' }
  const text = `${self.pid}\n${self.start}\n`
  withGuard(home, () => {
    const holder = readHolder(path)
    if (holder !== undefined && isAlive(holder)) {
      throw new CofferdamError('home-locked', `the home ${home} is used by the ${role} with pid ${holder.pid}`, {
        details: { pid: holder.pid },
      })
    }
    writeFileSync(`${path}.${self.pid}`, text, { mode: 0o600 })
    renameSync(`${path}.${self.pid}`, path)
  })
  return {
    release: () => {
      withGuard(home, () => {
        const holder = readHolder(path)
        if (holder?.pid === self.pid && holder.start === self.start) unlinkSync(path)
      })
    },
  }
}

/** The pid that holds a home, if a living process does. */
export function readLockHolder(home: string, role: LockRole = 'control plane'): number | undefined {
  const holder = readHolder(join(home, files[role]))
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined
}

/**
 * Runs `work` while no other process does. Node has no file locks, SQLite has: of the kernel, so they end
 * with the process, and two that find the same stale lock cannot both take it over.
 */
function withGuard(home: string, work: () => void): void {
  const path = join(home, 'lock.guard')
  let guard: DatabaseSync | undefined
  try {
    guard = new DatabaseSync(path, { timeout: 5_000 })
    guard.exec('begin exclusive')
    work()
  } catch (error) {
    if (error instanceof CofferdamError) throw error
    const known = foundNoRoom(error)
      ? diskFull(path, `and the lock of the home ${home} needs some`, { cause: error })
      : explainFailure(error, path)
    if (known instanceof CofferdamError && known.code === 'disk-full') throw known
    const why = error instanceof Error ? error.message : String(error)
    throw new CofferdamError('home-unusable', `the lock of the home ${home} cannot be taken: ${why}`, { cause: error })
  } finally {
    guard?.close()
  }
}

function readHolder(path: string): Holder | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const [pid = '', start = ''] = text.split('\n')
  return /^[1-9][0-9]*$/.test(pid) ? { pid: Number(pid), start } : undefined
}

function isAlive(holder: Holder): boolean {
  if (holder.start !== '') return readStart(holder.pid) === holder.start
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Field 22 of /proc/<pid>/stat; the command before it may hold spaces and parentheses. A zombie counts as gone. */
function readStart(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
