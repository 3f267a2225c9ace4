import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { CofferdamError } from '../domain/errors.ts'

/** The supervisor's end: while it is open, everything that reads from it lives. */
export interface Lifeline {
  /** A read end with a file description of its own, to be handed to one child and closed here. */
  readonly openReadEnd: () => number
  /** Lets go: every reader ends by itself. */
  readonly cut: () => void
}

/** A named pipe whose only write end this process holds; when it dies, even by kill -9, the kernel closes it. */
export function createLifeline(home: string): Lifeline {
  const path = join(home, 'lifeline')
  rmSync(path, { force: true })
  const made = spawnSync('mkfifo', ['-m', '600', path])
  if (made.status !== 0)
    throw new CofferdamError(
      'home-unusable',
      `no named pipe can be made at ${path}: ${made.stderr?.toString().trim() || 'mkfifo failed'}`,
    )
  // Read and write, so that opening it does not wait for a reader.
  const writeEnd = openSync(path, constants.O_RDWR)
  return { openReadEnd: () => openSync(path, constants.O_RDONLY), cut: () => closeSync(writeEnd) }
}

/** File descriptor on which a child of the supervisor finds its read end. */
export const lifelineFd = 3

/** Calls once when the supervisor is gone. */
export function watchLifeline(cut: () => void): void {
  const pipe = new Socket({ fd: lifelineFd, readable: true, writable: false })
  pipe.on('end', cut)
  pipe.on('error', cut)
  pipe.resume()
  pipe.unref()
}

/** A second read end of the pipe on `lifelineFd`, for the instances: a description of its own, that stays blocking. */
export function reopenLifeline(): number {
  return openSync(`/proc/self/fd/${lifelineFd}`, constants.O_RDONLY)
}
