import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CofferdamError } from '../domain/errors.ts'
import { lockHome, readLockHolder } from '../store/lock.ts'
import { backupStore, type StoreCopy } from '../store/sqlite/backup.ts'
import { restoreStore, type Restored } from '../store/sqlite/restore.ts'
import { rotateToken } from '../store/token.ts'
import { isOurs } from './findOurs.ts'
import { isAlive } from './supervise.ts'
import { readSupervisorFile } from './up.ts'

/** A control plane lets its answers end and has at most 4 s for all of it. */
const stopWithinMs = 10_000
const lookEveryMs = 50

/** Copies the store of a home to a new file, also while it is in use. */
export function backUp(home: string, file: string): StoreCopy {
  return backupStore(join(home, 'state.db'), resolve(file))
}

/**
 * Puts a backup in the place of the store. Gateway and instances go on as they are; the next control plane brings them to
 * what the backup says.
 *
 * @param stop ends the supervisor and the control plane of the home first; else `home-locked` while one holds it.
 */
export async function restore(home: string, file: string, stop: boolean): Promise<Restored> {
  checkHome(home)
  if (stop) await stopControlPlane(home)
  const lock = lockHome(home)
  try {
    return restoreStore(home, resolve(file), Date.now())
  } finally {
    lock.release()
  }
}

/** Replaces the token of a home. @returns the file it stands in; the token itself is shown to nobody. */
export function replaceToken(home: string): string {
  checkHome(home)
  rotateToken(home)
  return join(home, 'token')
}

function checkHome(home: string): void {
  if (existsSync(join(home, 'token'))) return
  throw new CofferdamError('unreachable', `${home} is no home: there is no file \`token\` in it`)
}

/** The supervisor first, which would start the control plane again. Nothing that serves users ends with either. */
async function stopControlPlane(home: string): Promise<void> {
  const supervisor = readSupervisorFile(home)?.pid
  if (supervisor !== undefined && isOurs(supervisor, home)) {
    signal(supervisor)
    await waitUntil(() => !isAlive(supervisor), `the supervisor with pid ${supervisor}`)
  }
  const holder = readLockHolder(home)
  if (holder === undefined) return
  signal(holder)
  await waitUntil(() => readLockHolder(home) !== holder, `the control plane with pid ${holder}`)
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // Gone meanwhile.
  }
}

async function waitUntil(isGone: () => boolean, who: string): Promise<void> {
  for (const deadline = performance.now() + stopWithinMs; !isGone(); ) {
    if (performance.now() > deadline)
      throw new CofferdamError(
        'home-locked',
        `${who} has not ended within ${stopWithinMs / 1_000} s; nothing was changed`,
      )
    await new Promise<void>((done) => {
      setTimeout(done, lookEveryMs)
    })
  }
}
