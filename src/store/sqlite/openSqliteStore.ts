import { DatabaseSync } from 'node:sqlite'
import { CofferdamError } from '../../domain/errors.ts'
import type { Event, Store } from '../../engine/ports.ts'
import { boundLimit } from '../limits.ts'
import { createAnswers } from './answers.ts'
import { createCommit } from './commit.ts'
import { createCommitTogether } from './commitTogether.ts'
import { createDocumentCache, type DocumentCache, type DocumentRow } from './documentCache.ts'
import { toEvent } from './eventRow.ts'
import { explainFailure } from './failure.ts'
import { migrate } from './migrate.ts'
import { createRun, type Run } from './run.ts'
import { listStatement, reads } from './statements.ts'
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
  const run = createRun(database, path)
  const commit = createCommit(run)
  const cache = createDocumentCache(database)

  return {
    ...createReads(run, cache),
    ...createAnswers(run),
    commit: createCommitTogether((writes) => {
      const committed = commit.commit(writes)
      for (const { documents = [] } of writes) for (const { kind, id } of documents) cache.saved(kind, id)
      for (const one of committed)
        if ('saved' in one && one.saved && one.events.length > 0) options.onEvents?.(one.events)
      return committed
    }),
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
  run: Run,
  cache: DocumentCache,
): Pick<Store, 'load' | 'list' | 'events' | 'lastEventId' | 'observations'> {
  return {
    load: async (kind, id) =>
      cache.load(kind, id, () => {
        const [row] = run.rows<DocumentRow>(reads.load, kind, id)
        return row === undefined ? undefined : cache.parse(kind, row)
      }),
    list: async (kind, filter = {}) =>
      cache.list(kind, JSON.stringify(filter), () => {
        const { service, phases, limit } = filter
        const sql = listStatement(service !== undefined, phases?.length)
        const rows = run.rows<DocumentRow>(
          sql,
          kind,
          ...(service === undefined ? [] : [service]),
          ...(phases ?? []),
          boundLimit(limit),
        )
        return rows.map((row) => cache.parse(kind, row))
      }),
    events: async (after, limit) => run.rows<Tables['events']>(reads.events, after, boundLimit(limit)).map(toEvent),
    lastEventId: async () => run.rows<{ readonly last: number | null }>(reads.lastEventId)[0]?.last ?? 0,
    observations: async (rollout, afterN, limit) =>
      run
        .rows<Tables['observations']>(reads.observations, rollout, afterN, boundLimit(limit))
        .map(({ n, json }) => ({ rollout, n, json })),
  }
}
