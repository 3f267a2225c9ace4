export interface PostRow {
  readonly id: number
  readonly title: string
  readonly text: string
  readonly author: string
  readonly language: string
  readonly createdAtMs: number
}

/** A post as the API shows it. */
export function presentPost(row: PostRow) {
  return {
    id: row.id,
    headline: row.title,
    text: row.text,
    author: row.author,
    language: row.language,
    createdAt: new Date(row.createdAtMs).toISOString(),
  }
}
