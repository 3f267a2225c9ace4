import { DatabaseSync } from 'node:sqlite'

/**
 * Opens the SQLite file that `DATABASE_URL` (`sqlite:PATH`) names. All instances of an environment share it:
 * write-ahead logging lets them read while one writes, and a writer waits up to 2 s for another one.
 */
export function openDatabase(environment: NodeJS.ProcessEnv): DatabaseSync {
  const url = environment['DATABASE_URL'] ?? ''
  if (!url.startsWith('sqlite:')) {
    throw new Error(`DATABASE_URL is "${url}"; allowed is sqlite:PATH, for example sqlite:/tmp/main.db`)
  }
  const database = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 2000 })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  return database
}
