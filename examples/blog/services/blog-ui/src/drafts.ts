import type { DatabaseSync } from 'node:sqlite'

export interface Drafts {
  /** The number of the newest draft: how many were ever written. */
  readonly count: () => number
  readonly add: (title: string, author: string, nowMs: number) => number
}

/** The table is kept small: this many of the newest. */
const kept = 5000

/** What a writer typed is kept here first, so that nothing is lost when the blog does not answer. */
export function openDrafts(database: DatabaseSync): Drafts {
  const count = database.prepare('SELECT max(id) AS newest FROM drafts')
  const add = database.prepare('INSERT INTO drafts (title, author, created_at_ms) VALUES (?, ?, ?)')
  const prune = database.prepare('DELETE FROM drafts WHERE id <= ?')
  return {
    count: () => Number(count.get()?.['newest'] ?? 0),
    add: (title, author, nowMs) => {
      const id = Number(add.run(title, author, nowMs).lastInsertRowid)
      if (id % 50 === 0) prune.run(id - kept)
      return id
    },
  }
}
