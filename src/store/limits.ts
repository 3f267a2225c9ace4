/** The most rows that one `list`, `events` or `observations` returns. */
export const maxRows = 1_000

/** How long an answer to a keyed request is remembered. */
export const rememberMs = 24 * 60 * 60 * 1_000

/** A `limit` within what a read may return. */
export function boundLimit(limit: number | undefined): number {
  if (limit === undefined) return maxRows
  return Math.max(0, Math.min(maxRows, Math.floor(limit)))
}
