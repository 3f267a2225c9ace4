import { copyFileSync, constants, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CofferdamError } from '../../domain/errors.ts'
import { checkStore, type StoreCopy, syncPath } from './backup.ts'
import { explainFailure } from './failure.ts'
import { newestSchema } from './migrate.ts'

export interface Restored extends StoreCopy {
  /** Where the store that was there is now; absent when there was none. */
  readonly before?: string
}

/** Numbers that must not have gaps: they go on where the backup ends. */
const gapless = new Set(['event', 'document'])
const parts = ['', '-wal', '-shm'] as const

/**
 * Puts a backup in the place of a home's store. The caller holds the lock of the home. What was there is kept beside it.
 * Promotions that come later get numbers that the replaced store has not used either.
 *
 * @throws `store-damaged` for a backup that is none; `home-unusable` when builds are missing that it says should run, or
 *   a newer version wrote it. Then nothing was changed.
 */
export function restoreStore(home: string, file: string, nowMs: number): Restored {
  if (!existsSync(file)) throw new CofferdamError('usage', `there is no file ${file}`)
  const path = join(home, 'state.db')
  const fresh = `${path}.${process.pid}.restoring`
  try {
    copyFileSync(file, fresh, constants.COPYFILE_EXCL)
    const { schema, lastEvent } = checkStore(fresh)
    if (schema > newestSchema())
      throw new CofferdamError(
        'home-unusable',
        `${file} has schema ${schema}; this version of cofferdam knows 1 to ${newestSchema()}`,
      )
    const missing = missingBuilds(home, fresh)
    if (missing.length > 0)
      throw new CofferdamError(
        'home-unusable',
        `${file} says that builds run which ${join(home, 'builds')} does not have: ${missing.join(', ')}; copy their folders there first`,
      )
    finish(fresh, path, lastEvent, nowMs)
    const before = setAside(path, nowMs)
    renameSync(fresh, path)
    syncPath(home)
    return {
      file: path,
      bytes: statSync(path).size,
      lastEvent: lastEvent + 1,
      ...(before === undefined ? {} : { before }),
    }
  } catch (error) {
    throw error instanceof CofferdamError ? error : explainFailure(error, path)
  } finally {
    for (const part of parts) rmSync(fresh + part, { force: true })
  }
}

/** Digests of builds that a pool or a rollout under way needs and that are not on disk. */
function missingBuilds(home: string, path: string): readonly string[] {
  const database = new DatabaseSync(path)
  try {
    const rows = database
      .prepare(
        `select document from documents where kind = 'pool'
         or (kind = 'rollout' and phase not in ('complete', 'rolled-back'))`,
      )
      .all()
    const digests = rows.flatMap((row) => String(row['document']).match(/sha256:[0-9a-f]{64}/g) ?? [])
    return [...new Set(digests)].filter((digest) => !existsSync(join(home, 'builds', digest.slice('sha256:'.length))))
  } finally {
    database.close()
  }
}

/** Raises the counters above those of the replaced store, and says in the events what happened. */
function finish(fresh: string, replaced: string, lastEvent: number, nowMs: number): void {
  const used = readCounters(replaced)
  const database = new DatabaseSync(fresh)
  try {
    database.exec('pragma synchronous = full')
    database.exec('begin immediate')
    for (const [name, value] of used) {
      if (gapless.has(name)) continue
      database
        .prepare('insert into counters values (?, ?) on conflict do update set value = max(value, excluded.value)')
        .run(name, value)
    }
    const text = `the store was restored from a backup whose last event is ${lastEvent}`
    database
      .prepare(
        "insert into events (id, at_ms, actor, kind, subject, text) values (?, ?, 'admin', 'store.restored', 'store', ?)",
      )
      .run(lastEvent + 1, nowMs, text)
    database
      .prepare("insert into counters values ('event', ?) on conflict do update set value = excluded.value")
      .run(lastEvent + 1)
    database.exec('commit')
  } finally {
    database.close()
  }
  syncPath(fresh)
}

function readCounters(path: string): readonly (readonly [name: string, value: number])[] {
  if (!existsSync(path)) return []
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path)
    return database
      .prepare('select name, value from counters')
      .all()
      .map((row) => [String(row['name']), Number(row['value'])] as const)
  } catch {
    // A damaged store is what a restore is for.
    return []
  } finally {
    database?.close()
  }
}

function setAside(path: string, nowMs: number): string | undefined {
  if (!existsSync(path)) return undefined
  const before = `${path}.before-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`
  for (const part of parts) if (existsSync(path + part)) renameSync(path + part, before + part)
  return before
}
