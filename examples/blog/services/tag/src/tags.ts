import type { DatabaseSync } from 'node:sqlite'

export interface Tag {
  readonly id: number
  readonly name: string
  readonly post: number
}

export interface Tags {
  /** The newest first, at most `limit`, of one post or of all. */
  readonly list: (limit: number, post?: number) => readonly Tag[]
  readonly find: (id: number) => Tag | undefined
  readonly add: (post: number, name: string) => number
}

/** The table is kept small: what the seed put in, and this many of the newest. */
const kept = 5000
const seeded = 20

export function openTags(database: DatabaseSync): Tags {
  const all = database.prepare('SELECT id, name, post FROM tags ORDER BY id DESC LIMIT ?')
  const ofPost = database.prepare('SELECT id, name, post FROM tags WHERE post = ? ORDER BY id DESC LIMIT ?')
  const find = database.prepare('SELECT id, name, post FROM tags WHERE id = ?')
  const add = database.prepare('INSERT INTO tags (name, post) VALUES (?, ?)')
  const prune = database.prepare('DELETE FROM tags WHERE id > ? AND id <= ?')
  return {
    list: (limit, post) => (post === undefined ? all.all(limit) : ofPost.all(post, limit)) as unknown as Tag[],
    find: (id) => find.get(id) as unknown as Tag | undefined,
    add: (post, name) => {
      const id = Number(add.run(name, post).lastInsertRowid)
      if (id % 50 === 0) prune.run(seeded, id - kept)
      return id
    },
  }
}
