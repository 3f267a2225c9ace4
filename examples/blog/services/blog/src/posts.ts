import type { DatabaseSync } from 'node:sqlite'
import type { PostRow } from './presentPost.ts'

export interface NewPost {
  readonly title: string
  readonly text: string
  readonly author: string
  readonly language: string
}

export interface Posts {
  /** The newest posts first, at most `limit`. */
  readonly list: (limit: number, drafts: boolean) => readonly PostRow[]
  readonly find: (id: number) => PostRow | undefined
  readonly add: (post: NewPost, nowMs: number) => number
}

/** The table is kept small: what the seed put in, and this many of the newest. */
const kept = 5000
const seeded = 20
const columns = 'id, title, text, author, language, created_at_ms AS createdAtMs'

export function openPosts(database: DatabaseSync): Posts {
  const list = database.prepare(`SELECT ${columns} FROM posts WHERE draft <= ? ORDER BY id DESC LIMIT ?`)
  const find = database.prepare(`SELECT ${columns} FROM posts WHERE id = ?`)
  const add = database.prepare(
    'INSERT INTO posts (title, text, author, language, draft, created_at_ms) VALUES (?, ?, ?, ?, 0, ?)',
  )
  const prune = database.prepare('DELETE FROM posts WHERE id > ? AND id <= ?')
  return {
    list: (limit, drafts) => list.all(drafts ? 1 : 0, limit) as unknown as PostRow[],
    find: (id) => find.get(id) as unknown as PostRow | undefined,
    add: (post, nowMs) => {
      const id = Number(add.run(post.title, post.text, post.author, post.language, nowMs).lastInsertRowid)
      if (id % 50 === 0) prune.run(seeded, id - kept)
      return id
    },
  }
}
