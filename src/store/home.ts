import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CofferdamError } from '../domain/errors.ts'
import { diskFull, foundNoRoom } from './sqlite/failure.ts'
import { makeToken, shortestToken } from './token.ts'

/** The socket of a gateway, `<home>/gateways/g99/admin.sock`, must fit into 100 bytes. */
const maxPathBytes = 100 - '/gateways/g99/admin.sock'.length

export interface Home {
  /** Absolute. */
  readonly path: string
  /** The secret of everyone who may change something. */
  readonly token: string
}

/**
 * Makes a folder usable as a home: exists, is ours, closed to others (0700), has a token (0600, made once).
 *
 * @throws `home-unusable`, naming the path and what is wrong with it.
 */
export function prepareHome(folder: string): Home {
  const path = resolve(folder)
  const bytes = Buffer.byteLength(path)
  if (bytes > maxPathBytes) {
    throw new CofferdamError(
      'home-unusable',
      `the path of the home ${path} has ${bytes} bytes; at most ${maxPathBytes} are allowed, because sockets are made below it`,
    )
  }
  try {
    makeFolder(path)
    const seen = statSync(path)
    const uid = process.getuid?.()
    if (uid !== undefined && seen.uid !== uid) {
      throw new CofferdamError(
        'home-unusable',
        `the home ${path} belongs to user ${seen.uid}, and this process runs as user ${uid}`,
      )
    }
    if ((seen.mode & 0o077) !== 0) chmodSync(path, 0o700)
    return { path, token: readOrMakeToken(path) }
  } catch (error) {
    if (error instanceof CofferdamError) throw error
    if (foundNoRoom(error)) throw diskFull(path, 'and a home that is used needs some', { cause: error })
    const why = error instanceof Error ? error.message : String(error)
    throw new CofferdamError('home-unusable', `the home ${path} cannot be used: ${why}`, { cause: error })
  }
}

/** `mkdir -p`; Node's own never returns where a file system lets nobody make folders, as below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if (!isCode(error, 'EEXIST')) throw error
  }
}

function readOrMakeToken(home: string): string {
  const path = join(home, 'token')
  const mine = join(home, `token.${process.pid}.${randomBytes(4).toString('hex')}`)
  try {
    // Probes that the home can be written, too; a link fails where a file is, so the first of two stays.
    // Durable before it has its name: a machine that loses its power must not leave an empty token.
    writeFileSync(mine, `${makeToken()}\n`, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(mine, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    tryUnlink(mine)
  }
  const token = readFileSync(path, 'utf8').trim()
  if (token.length < shortestToken) {
    throw new CofferdamError(
      'home-unusable',
      `${path} holds ${token.length} characters; a token has at least ${shortestToken}: remove the file to get a new one`,
    )
  }
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  return token
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function tryUnlink(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  }
}
