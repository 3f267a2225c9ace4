/** Where something stands in the file: keys and list positions from the top. */
export type Path = readonly (string | number)[]

/** One mistake in a configuration: what stands where, what is allowed there, what was probably meant. */
export interface Problem {
  /** `services.<name>.routes[0]`; empty: the file itself. */
  readonly path: string
  /** What stands there; for an unknown key the key, for something missing null. Never a secret. */
  readonly value: unknown
  readonly allowed: string
  /** What was probably meant. */
  readonly nearest: string | null
  /** One sentence with all of it. */
  readonly text: string
  readonly file?: string
  /** Counted from 1. */
  readonly line?: number
  readonly column?: number
}

/** A problem as a check finds it, before it has a place in a file. */
export interface Finding {
  readonly path: Path
  readonly value?: unknown
  readonly allowed: string
  readonly nearest?: string
  /** What is wrong, a predicate that follows the path: `is not a known key`. */
  readonly says: string
  /** Point at the key rather than at its value. */
  readonly atKey?: boolean
}

const longestValue = 200

export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`
  return text
}

/** One line for a person; where it stands is added by the caller, who knows the file. */
export function sentence(finding: Finding, path: string): string {
  const meant = finding.nearest === undefined ? '' : `; did you mean \`${finding.nearest}\`?`
  const subject = path === '' ? 'the file' : `\`${path}\``
  // Keys and values come from the file: none of them may break the line or speak to a terminal.
  return `${subject} ${finding.says}: allowed is ${finding.allowed}${meant}`.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** A value short enough to be shown, and plain JSON. What stands at a secret may be the secret itself. */
export function shownValue(path: Path, value: unknown): unknown {
  if (value === undefined) return null
  if (path.includes('secret')) return '(not shown)'
  const text = JSON.stringify(value)
  if (text.length <= longestValue) return JSON.parse(text) as unknown
  return `${text.slice(0, longestValue)}…`
}

export function quoteValue(path: Path, value: unknown): string {
  const shown = shownValue(path, value)
  return typeof shown === 'string' ? `\`${shown}\`` : `\`${JSON.stringify(shown)}\``
}
