import type { DatabaseSync } from 'node:sqlite'

export interface Chaos {
  /** The fraction of requests, 0 to 1, that fails right now. */
  readonly errors: () => number
  readonly set: (errors: number, seconds: number) => void
  readonly close: () => void
}

const pollMs = 250

/** A shared incident, kept in the service's database, so that every instance fails alike, whatever its build. */
export function openChaos(database: DatabaseSync): Chaos {
  const read = database.prepare('SELECT errors, until_ms AS untilMs FROM chaos WHERE id = 1')
  const write = database.prepare('INSERT OR REPLACE INTO chaos (id, errors, until_ms) VALUES (1, ?, ?)')
  let errors = 0
  let untilMs = 0
  const poll = () => {
    try {
      const row = read.get()
      errors = Number(row?.['errors'] ?? 0)
      untilMs = Number(row?.['untilMs'] ?? 0)
    } catch {
      // A busy database: the next poll sees it.
    }
  }
  poll()
  const timer = setInterval(poll, pollMs)
  return {
    errors: () => (errors > 0 && Date.now() < untilMs ? errors : 0),
    set: (newErrors, seconds) => {
      write.run(newErrors, Date.now() + seconds * 1000)
      poll()
    },
    close: () => clearInterval(timer),
  }
}
