import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { explainFailure } from './failure.ts'

/** Runs statements at once, so that a whole transaction fits into one turn of the event loop. */
export interface Run {
  /** Returns the rows of a reading statement. */
  readonly rows: <Row>(sql: string, ...parameters: readonly SQLInputValue[]) => readonly Row[]
  /** Returns how many rows changed. */
  readonly change: (sql: string, ...parameters: readonly SQLInputValue[]) => number
  /** Commits what `work` did, durably; takes it all back when `work` throws. */
  readonly transaction: <T>(work: () => T) => T
  /** Inside a transaction: takes back what `work` did when it throws, and nothing else. */
  readonly part: <T>(work: () => T) => T
  /** SQLite took the transaction back by itself, as after some errors of a disk. */
  readonly isLost: () => boolean
}

/** Statements are few and fixed in shape; `in (…)` lists of different lengths are what could grow. */
const mostPrepared = 200

/**
 * There is one connection. A transaction that awaited between its statements would let the statements of
 * others slip into it; this one cannot, because `work` is not asynchronous.
 */
export function createRun(database: DatabaseSync, path: string): Run {
  const prepared = new Map<string, StatementSync>()

  function prepare(sql: string): StatementSync {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    if (prepared.size >= mostPrepared) prepared.clear()
    prepared.set(sql, statement)
    return statement
  }

  return {
    rows: <Row>(sql: string, ...parameters: readonly SQLInputValue[]) => {
      try {
        return prepare(sql).all(...parameters) as Row[]
      } catch (error) {
        throw explainFailure(error, path)
      }
    },
    change: (sql, ...parameters) => {
      try {
        return Number(prepare(sql).run(...parameters).changes)
      } catch (error) {
        throw explainFailure(error, path)
      }
    },
    part: (work) => {
      database.exec('savepoint part')
      try {
        const result = work()
        database.exec('release part')
        return result
      } catch (error) {
        if (database.isTransaction) database.exec('rollback to part; release part')
        throw error
      }
    },
    isLost: () => !database.isTransaction,
    transaction: (work) => {
      try {
        database.exec('begin immediate')
        const result = work()
        database.exec('commit')
        return result
      } catch (error) {
        // SQLite may have rolled back by itself.
        if (database.isTransaction) database.exec('rollback')
        throw explainFailure(error, path)
      }
    },
  }
}
