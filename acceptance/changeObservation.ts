import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** One change of the state, and how to take it back. */
export interface Change {
  readonly text: string
  readonly undo: () => void
}

/**
 * Adds 1,000 bad requests to a stored cell of a rollout. Nothing of the schema is known here: a stored observation is a
 * row of which one column is the rollout's id and another JSON with counts of requests and bad ones.
 */
export function changeObservation(home: string, rollout: string): Change {
  const database = new DatabaseSync(join(home, 'state.db'), { timeout: 5_000 })
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as unknown as readonly {
    readonly name: string
  }[]
  for (const { name } of tables) {
    const columns = (
      database.prepare(`PRAGMA table_info("${name}")`).all() as unknown as readonly { readonly name: string }[]
    ).map((one) => one.name)
    const [key, json] = [
      columns.find((one) => one.startsWith('rollout')),
      columns.find((one) => ['json', 'data', 'cells', 'observation'].includes(one)),
    ]
    if (key === undefined || json === undefined) continue
    const rows = database
      .prepare(`SELECT rowid AS id, "${json}" AS json FROM "${name}" WHERE "${key}" = ? ORDER BY rowid`)
      .all(rollout) as unknown as readonly { readonly id: number; readonly json: string }[]
    const found = rows.map((row) => ({ row, changed: spoil(row.json) })).filter((one) => one.changed !== undefined)
    const chosen = found[Math.floor(found.length / 2)]
    if (chosen?.changed === undefined) continue
    const write = database.prepare(`UPDATE "${name}" SET "${json}" = ? WHERE rowid = ?`)
    write.run(chosen.changed, chosen.row.id)
    return {
      text: `changed one of ${found.length} rows of ${name}`,
      undo: () => {
        write.run(chosen.row.json, chosen.row.id)
        database.close()
      },
    }
  }
  database.close()
  throw new Error(`${home}/state.db has no stored cell of ${rollout}`)
}

/** The first count of bad requests, or of requests, made another one. */
function spoil(json: string): string | undefined {
  let done = false
  const text = JSON.stringify(JSON.parse(json), (key, value: unknown) => {
    if (done || typeof value !== 'number' || !/^bad/i.test(key)) return value
    done = true
    return value + 1_000
  })
  return done ? text : undefined
}
