import type { DatabaseSync } from 'node:sqlite'

const steps = [
  `CREATE TABLE posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    language TEXT NOT NULL,
    draft INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT`,
  'CREATE TABLE chaos (id INTEGER PRIMARY KEY, errors REAL NOT NULL, until_ms INTEGER NOT NULL) STRICT',
]

/** Brings the database to the newest schema; `user_version` counts the steps that were done. */
export function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  const done = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  for (const step of steps.slice(done)) database.exec(step)
  database.exec(`PRAGMA user_version = ${Math.max(done, steps.length)}`)
  database.exec('COMMIT')
}
