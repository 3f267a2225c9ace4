import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CofferdamError } from '../../domain/errors.ts'
import { damaged, explainFailure } from './failure.ts'

export interface StoreCopy {
  /** Absolute path. */
  readonly file: string
  readonly bytes: number
  /** Number of the last event in it. */
  readonly lastEvent: number
}

/**
 * Copies a store, also while a control plane writes to it: one consistent state, compacted, on disk when this returns.
 *
 * @param to a file that does not exist yet; it gets mode 0600.
 * @throws `usage` when `to` exists; `unreachable` when there is no store; `store-damaged`; `disk-full`.
 */
export function backupStore(from: string, to: string): StoreCopy {
  if (!existsSync(from))
    throw new CofferdamError('unreachable', `there is no store at ${from}: no control plane has run in that home`)
  if (existsSync(to)) throw exists(to)
  const part = `${to}.${process.pid}.part`
  try {
    copy(from, part)
    const lastEvent = checkStore(part).lastEvent
    try {
      // Unlike a rename it fails where a file appeared meanwhile.
      linkSync(part, to)
    } catch (error) {
      throw error instanceof Error && 'code' in error && error.code === 'EEXIST' ? exists(to) : error
    }
    syncPath(dirname(to))
    return { file: to, bytes: statSync(to).size, lastEvent }
  } catch (error) {
    if (error instanceof CofferdamError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new CofferdamError('usage', `${to} cannot be written: ${why}`, { cause: error })
  } finally {
    rmSync(part, { force: true })
  }
}

function copy(from: string, part: string): void {
  // Made here, so that nobody else can read it while it grows.
  closeSync(openSync(part, 'wx', 0o600))
  const source = new DatabaseSync(from, { timeout: 10_000 })
  try {
    source.prepare('vacuum into ?').run(part)
  } catch (error) {
    const known = explainFailure(error, from)
    // What could not be written is the copy.
    throw known instanceof CofferdamError && known.code !== 'store-damaged' ? explainFailure(error, part) : known
  } finally {
    source.close()
  }
  syncPath(part)
}

/**
 * Looks at every page of a store that nobody writes to, or at what it was when this began.
 *
 * @throws `store-damaged`, naming what is wrong.
 */
export function checkStore(path: string): { readonly schema: number; readonly lastEvent: number } {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 10_000 })
    const [first] = database.prepare('pragma quick_check(1)').all()
    const answer = String(first?.['quick_check'])
    if (answer !== 'ok') throw damaged(path, answer)
    const schema = Number(database.prepare('pragma user_version').get()?.['user_version'])
    const tables = database
      .prepare("select count(*) as n from sqlite_schema where name in ('documents', 'events', 'counters')")
      .get()
    if (schema < 1 || tables?.['n'] !== 3) throw damaged(path, 'it is a database, but no store of cofferdam')
    const last = database.prepare('select max(id) as last from events').get()
    return { schema, lastEvent: Number(last?.['last'] ?? 0) }
  } catch (error) {
    throw explainFailure(error, path)
  } finally {
    database?.close()
  }
}

function exists(path: string): CofferdamError {
  return new CofferdamError('usage', `${path} exists already: a backup is written to a new file`)
}

/** Makes a file, or the names of a folder, durable. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
