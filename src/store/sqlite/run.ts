import type { DatabaseSync } from 'node:sqlite'
import type { Compilable, SqliteDatabase } from 'kysely'
import { explainFailure } from './failure.ts'

/** Runs compiled queries at once, so that a whole transaction fits into one turn of the event loop. */
export interface Run {
  /** Returns the rows of a reading query. */
  readonly rows: <T>(query: Compilable<T>) => readonly T[]
  /** Returns how many rows changed. */
  readonly change: (query: Compilable<unknown>) => number
  /** Commits what `work` did, durably; takes it all back when `work` throws. */
  readonly transaction: <T>(work: () => T) => T
}

/**
 * There is one connection. A transaction that awaited between its statements would let the statements of
 * others slip into it; this one cannot, because `work` is not asynchronous.
 */
export function createRun(database: DatabaseSync, adapted: SqliteDatabase, path: string): Run {
  return {
    rows: <T>(query: Compilable<T>) => {
      const { sql, parameters } = query.compile()
      return adapted.prepare(sql).all(parameters) as T[]
    },
    change: (query) => {
      const { sql, parameters } = query.compile()
      return Number(adapted.prepare(sql).run(parameters).changes)
    },
    transaction: (work) => {
      try {
        database.exec('begin immediate')
        const result = work()
        database.exec('commit')
        return result
      } catch (error) {
        // After some errors (a full disk) SQLite has rolled back by itself.
        if (database.isTransaction) database.exec('rollback')
        throw explainFailure(error, path)
      }
    },
  }
}
