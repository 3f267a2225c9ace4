import type { z } from 'zod'
import { nearest } from '../domain/nearest.ts'

export interface InputProblem {
  /** Where: `body.build`. */
  readonly path: string
  readonly text: string
}

type Issue = z.core.$ZodIssue

const mostProblems = 50
const longestValue = 80

/**
 * What is wrong with a part of a request, in words for whoever wrote it: the value, what is allowed, the name that was meant.
 *
 * @param place `path`, `query` or `body`: the beginning of every path.
 * @param known the names that may stand at the top of this part.
 */
export function toInputProblems(
  issues: readonly Issue[],
  value: unknown,
  place: string,
  known: readonly string[],
): readonly InputProblem[] {
  return issues.slice(0, mostProblems).flatMap((issue) => describe(issue, value, place, known))
}

function describe(issue: Issue, value: unknown, place: string, known: readonly string[]): readonly InputProblem[] {
  const path = [place, ...issue.path.map(String)].join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = issue.path.length === 0 ? nearest(key, known) : undefined
      const names = issue.path.length === 0 && known.length > 0 ? `; known are ${known.join(', ')}` : ''
      return {
        path: `${path}.${key}`,
        text: `${path}.${key} is not known${meant === undefined ? '' : ` (did you mean "${meant}"?)`}${names}`,
      }
    })
  }
  const found = valueAt(value, issue.path)
  if (issue.code !== 'invalid_type') return [{ path, text: `${path} is ${quote(found)}: ${issue.message}` }]
  const allowed = `it must be ${article(issue.expected)}`
  return [
    { path, text: found === undefined ? `${path} is missing; ${allowed}` : `${path} is ${quote(found)}; ${allowed}` },
  ]
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined
    at = (at as Record<PropertyKey, unknown>)[part]
  }
  return at
}

function quote(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text
}

function article(expected: string): string {
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`
}
