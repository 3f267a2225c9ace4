import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { explainFailure } from './failure.ts'

/** Statements are few and fixed in shape; `in (…)` lists of different lengths are what could grow. */
const maxCached = 200

/**
 * Shapes a `DatabaseSync` as Kysely's SQLite dialect expects it, and keeps prepared statements. What fails says what it
 * means for the home.
 */
export function adaptDatabase(database: DatabaseSync, path: string): SqliteDatabase {
  const cached = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const known = cached.get(sql)
      if (known !== undefined) return known
      const statement = explained(path, () => adaptStatement(database.prepare(sql), path))
      if (cached.size >= maxCached) cached.clear()
      cached.set(sql, statement)
      return statement
    },
  }
}

function adaptStatement(statement: StatementSync, path: string): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => explained(path, () => statement.all(...toInput(parameters))),
    run: (parameters) => explained(path, () => statement.run(...toInput(parameters))),
    iterate: (parameters) => statement.iterate(...toInput(parameters)),
  }
}

function explained<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw explainFailure(error, path)
  }
}

function toInput(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[]
}
