import type { DatabaseSync } from 'node:sqlite'

const steps = [
  `CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    post INTEGER NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    spam REAL NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT`,
  'CREATE INDEX comments_of_post ON comments (post)',
  'CREATE INDEX comments_of_fingerprint ON comments (fingerprint)',
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
