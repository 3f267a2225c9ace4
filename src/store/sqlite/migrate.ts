import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { CofferdamError, invariant } from '../../domain/errors.ts'

const folder = join(import.meta.dirname, '..', 'migrations')

/**
 * Brings a database to the newest schema, each file in a transaction of its own that also notes its number.
 *
 * @throws `home-unusable` when a newer version of the program wrote the database.
 */
export function migrate(database: DatabaseSync, path: string): void {
  const files = migrations()
  for (const [index, name] of files.entries()) {
    invariant(Number.parseInt(name, 10) === index + 1, `migration ${name} should have the number ${index + 1}`)
  }
  const found = readVersion(database)
  if (found > files.length) {
    throw new CofferdamError(
      'home-unusable',
      `${path} has schema ${found}; this version of cofferdam knows 1 to ${files.length}`,
    )
  }
  for (const [index, name] of files.entries()) runMigration(database, index + 1, join(folder, name))
}

function migrations(): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
}

/** Number of the newest schema that this version knows. */
export function newestSchema(): number {
  return migrations().length
}

function runMigration(database: DatabaseSync, number: number, file: string): void {
  database.exec('begin immediate')
  try {
    // Asked again under the lock: another process may have done it meanwhile.
    if (readVersion(database) < number) {
      database.exec(readFileSync(file, 'utf8'))
      database.exec(`pragma user_version = ${number}`)
    }
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

function readVersion(database: DatabaseSync): number {
  return Number(database.prepare('pragma user_version').get()?.['user_version'])
}
