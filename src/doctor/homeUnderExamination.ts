import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readLockHolder } from '../store/lock.ts'

/** What is known of a home before anything is judged. */
export interface HomeUnderExamination {
  /** Absolute. */
  readonly path: string
  readonly store: string
  /** The control plane, if one holds the home. */
  readonly controlPlane: number | undefined
  readonly gateways: readonly { readonly id: string; readonly folder: string; readonly socket: string }[]
  /** Ports of the doors by id; none when the store cannot be read. */
  readonly doors: Readonly<Record<string, number>>
  /** Generation of the table in the store. */
  readonly generation: number | undefined
  readonly lastEventAtMs: number | undefined
}

/** Reads what a home says of itself; what cannot be read is left out, for a check of its own to say why. */
export function openHome(path: string): HomeUnderExamination {
  const store = join(path, 'state.db')
  const folder = join(path, 'gateways')
  const gateways = tryRead(() => readdirSync(folder), []).map((id) => ({
    id,
    folder: join(folder, id),
    socket: join(folder, id, 'admin.sock'),
  }))
  return { path, store, controlPlane: readLockHolder(path), gateways, ...readStore(store) }
}

function readStore(path: string): Pick<HomeUnderExamination, 'doors' | 'generation' | 'lastEventAtMs'> {
  const nothing = { doors: {}, generation: undefined, lastEventAtMs: undefined }
  return tryRead(() => {
    // SQLite would make the file.
    if (!existsSync(path)) return nothing
    const database = new DatabaseSync(path, { timeout: 2_000 })
    try {
      const document = (kind: string): unknown => {
        const row = database.prepare("select document from documents where kind = ? and id = 'current'").get(kind)
        return row === undefined ? undefined : JSON.parse(String(row['document']))
      }
      const doors = (document('doors') ?? {}) as Readonly<Record<string, number>>
      const table = document('table') as { readonly generation: number } | undefined
      const event = database.prepare('select at_ms from events order by id desc limit 1').get()
      return {
        doors,
        generation: table?.generation,
        lastEventAtMs: event === undefined ? undefined : Number(event['at_ms']),
      }
    } finally {
      database.close()
    }
  }, nothing)
}

export function tryRead<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
