import type { DatabaseSync } from 'node:sqlite'
import { fingerprint, spamScore } from './spam.ts'

export interface Comment {
  readonly id: number
  readonly post: number
  readonly text: string
  readonly author: string
  readonly spam: number
  readonly createdAtMs: number
}

export interface NewComment {
  readonly post: number
  readonly text: string
  readonly author: string
}

export interface Comments {
  /** The newest first, at most `limit`, of one post or of all. */
  readonly list: (limit: number, post?: number) => readonly Comment[]
  readonly find: (id: number) => Comment | undefined
  readonly add: (comment: NewComment, nowMs: number) => number
}

/** The table is kept small: what the seed put in, and this many of the newest. */
const kept = 5000
const seeded = 20
const columns = 'id, post, text, author, spam, created_at_ms AS createdAtMs'

export function openComments(database: DatabaseSync, spamKey: string): Comments {
  const all = database.prepare(`SELECT ${columns} FROM comments ORDER BY id DESC LIMIT ?`)
  const ofPost = database.prepare(`SELECT ${columns} FROM comments WHERE post = ? ORDER BY id DESC LIMIT ?`)
  const find = database.prepare(`SELECT ${columns} FROM comments WHERE id = ?`)
  // Ten copies are enough to know: the tenth certainly is spam.
  const copies = database.prepare(
    'SELECT count(*) AS copies FROM (SELECT 1 FROM comments WHERE fingerprint = ? LIMIT 10)',
  )
  const add = database.prepare(
    'INSERT INTO comments (post, text, author, fingerprint, spam, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const prune = database.prepare('DELETE FROM comments WHERE id > ? AND id <= ?')
  return {
    list: (limit, post) => (post === undefined ? all.all(limit) : ofPost.all(post, limit)) as unknown as Comment[],
    find: (id) => find.get(id) as unknown as Comment | undefined,
    add: (comment, nowMs) => {
      const mark = fingerprint(comment.text, spamKey)
      const spam = spamScore(Number(copies.get(mark)?.['copies'] ?? 0))
      const added = add.run(comment.post, comment.text, comment.author, mark, spam, nowMs)
      const id = Number(added.lastInsertRowid)
      if (id % 50 === 0) prune.run(seeded, id - kept)
      return id
    },
  }
}
