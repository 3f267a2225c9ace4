export interface PostRow {
  readonly id: number
  readonly title: string
  readonly text: string
  readonly author: string
  readonly language: string
  readonly createdAtMs: number
}

/** A post as the API shows it; `minutes` is how long it takes to read. */
export function presentPost(row: PostRow) {
  return {
    id: row.id,
    title: row.title,
    text: row.text,
    author: row.author,
    language: row.language,
    minutes: Math.max(1, Math.ceil(row.text.split(/\s+/).length / 200)),
    createdAt: new Date(row.createdAtMs).toISOString(),
  }
}
