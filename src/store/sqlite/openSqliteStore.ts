import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { CofferdamError } from '../../domain/errors.ts'
import type { Event, Store } from '../../engine/ports.ts'
import { boundLimit } from '../limits.ts'
import { adaptDatabase } from './adaptDatabase.ts'
import { createAnswers } from './answers.ts'
import { createCommit } from './commit.ts'
import { createDocumentCache, type DocumentCache } from './documentCache.ts'
import { toEvent } from './eventRow.ts'
import { explainFailure } from './failure.ts'
import { migrate } from './migrate.ts'
import { createRun, type Run } from './run.ts'
import type { Tables } from './tables.ts'

export interface StoreOptions {
  /** Called after each commit that appended events, when they are durable. */
  readonly onEvents?: (events: readonly Event[]) => void
}

/**
 * Opens the store of a home, creating and migrating the file as needed.
 *
 * @param path the database file; `:memory:` for one that ends with the process.
 * @throws `home-unusable`, naming the path, when it cannot be opened, written or understood.
 */
export function openSqliteStore(path: string, options: StoreOptions = {}): Store {
  const database = openDatabase(path)
  const adapted = adaptDatabase(database, path)
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapted }) })
  const run = createRun(database, adapted, path)
  const commit = createCommit(db, run)
  const answers = createAnswers(db, run)
  const cache = createDocumentCache(database)
  const reads = createReads(db, run, cache)

  return {
    ...reads,
    ...answers,
    commit: async (write) => {
      const committed = commit.commit(write)
      cache.saved(new Set((write.documents ?? []).map((one) => one.kind)))
      if (committed.saved && committed.events.length > 0) options.onEvents?.(committed.events)
      return committed
    },
    next: async (counter) => run.transaction(() => commit.increase(counter)),
    close: async () => {
      if (database.isOpen) database.close()
    },
  }
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    // The wait for someone who looks into the file from outside.
    database = new DatabaseSync(path, { timeout: 10_000 })
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    migrate(database, path)
    return database
  } catch (error) {
    database?.close()
    const known = explainFailure(error, path)
    if (known instanceof CofferdamError && known.code !== 'home-unusable') throw known
    const why = error instanceof Error ? error.message : String(error)
    throw new CofferdamError('home-unusable', `the database ${path} cannot be opened: ${why}`, { cause: error })
  }
}

function createReads(
  db: Kysely<Tables>,
  run: Run,
  cache: DocumentCache,
): Pick<Store, 'load' | 'list' | 'events' | 'lastEventId' | 'observations'> {
  const documents = () => db.selectFrom('documents').select(['id', 'revision', 'document'])
  return {
    load: async (kind, id) =>
      cache.answer(kind, `id ${id}`, () => {
        const [row] = run.rows(documents().where('kind', '=', kind).where('id', '=', id))
        return row === undefined ? undefined : cache.parse(kind, row)
      }),
    list: async (kind, filter = {}) =>
      cache.answer(kind, `list ${JSON.stringify(filter)}`, () => {
        let query = documents().where('kind', '=', kind)
        if (filter.service !== undefined) query = query.where('service', '=', filter.service)
        if (filter.phases !== undefined) query = query.where('phase', 'in', filter.phases)
        const rows = run.rows(query.orderBy('created', 'desc').limit(boundLimit(filter.limit)))
        return rows.map((row) => cache.parse(kind, row))
      }),
    events: async (after, limit) => {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('id', '>', after)
        .orderBy('id')
        .limit(boundLimit(limit))
        .execute()
      return rows.map(toEvent)
    },
    lastEventId: async () => {
      const row = await db
        .selectFrom('events')
        .select((select) => select.fn.max('id').as('last'))
        .executeTakeFirst()
      return row?.last ?? 0
    },
    observations: (rollout, afterN, limit) =>
      db
        .selectFrom('observations')
        .selectAll()
        .where('rollout', '=', rollout)
        .where('n', '>', afterN)
        .orderBy('n')
        .limit(boundLimit(limit))
        .execute(),
  }
}
