import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

/** A digest over every row of every table. */
export function hashDatabase(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const hash = createHash('sha256')
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all()
    for (const { name } of tables as unknown as readonly { readonly name: string }[]) {
      hash.update(name)
      for (const row of database.prepare(`SELECT * FROM "${name}" ORDER BY rowid`).iterate())
        hash.update(JSON.stringify(row))
    }
    return hash.digest('hex')
  } finally {
    database.close()
  }
}
