import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { CofferdamError } from '../domain/errors.ts'
import type { Home } from './home.ts'

/** The shortest that is taken: 128 bits in hexadecimal. */
export const shortestToken = 32

/** A new secret: 256 bits. */
export function makeToken(): string {
  return randomBytes(32).toString('hex')
}

/**
 * Replaces the token of a home, whole and durably. A running control plane takes the new one with the next request;
 * sessions of browsers end, because they are signed with what follows from it.
 *
 * @throws `home-unusable`, naming the path, when it cannot be written; the old one stays in force.
 */
export function rotateToken(home: string): string {
  const path = join(home, 'token')
  const fresh = `${path}.${process.pid}.new`
  const token = makeToken()
  try {
    const file = openSync(fresh, 'w', 0o600)
    try {
      writeSync(file, `${token}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(fresh, path)
    return token
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CofferdamError('home-unusable', `the token ${path} cannot be replaced: ${why}`, { cause: error })
  }
}

/**
 * Reads the token in force: from memory while the file is the same. A file that is gone or damaged changes nothing,
 * so that a broken home does not lock out a rollback.
 */
export function createTokenReader(home: Home): () => string {
  const path = join(home.path, 'token')
  let known = { stamp: '', token: home.token }
  return () => {
    try {
      const { ino, mtimeNs, size } = statSync(path, { bigint: true })
      const stamp = `${ino} ${mtimeNs} ${size}`
      if (stamp === known.stamp) return known.token
      const token = readFileSync(path, 'utf8').trim()
      if (token.length >= shortestToken) known = { stamp, token }
    } catch {
      // What was known stays in force.
    }
    return known.token
  }
}
