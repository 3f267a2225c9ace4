import type { Finding, Path } from '../problem.ts'
import { valueAt } from '../schemaFindings.ts'

/**
 * What a check works on: the file's plain data, of which any part may be wrong. A check looks only at what it
 * understands, so that a mistake of the schema is not followed by others.
 */
export interface Checked {
  readonly data: unknown
  /** True when something at this path, or a part that contains it, already has a finding. */
  readonly isJudged: (path: Path) => boolean
  /** True when the map at this path has unknown keys: a rule over all its keys cannot be judged. */
  readonly isUncertain: (path: Path) => boolean
  /** The names of a map as the data has them and, where a wrong name was replaced, as the file has them. */
  readonly namesAt: (path: Path) => readonly string[]
  readonly report: (finding: Finding) => void
}

export function keysAt(data: unknown, path: Path): string[] {
  return Object.keys(mapAt(data, path))
}

/** The map at a path; an empty one when something else stands there. */
export function mapAt(data: unknown, path: Path): Record<string, unknown> {
  const value = valueAt(data, path)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export function listAt(data: unknown, path: Path): unknown[] {
  const value = valueAt(data, path)
  return Array.isArray(value) ? value : []
}
