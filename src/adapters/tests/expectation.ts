import { isDeepStrictEqual } from 'node:util'
import type { ProbeExpectation } from '../../domain/test/test.ts'

const shownCharacters = 200

/** What differs from the expectation, each as "expected …, got …"; empty when nothing does. */
export function mismatches(
  expect: ProbeExpectation,
  answer: { readonly status: number; readonly body: string },
): readonly string[] {
  const wrong: string[] = []
  if (answer.status !== expect.status) wrong.push(`expected status ${expect.status}, got ${answer.status}`)
  if (expect.text !== undefined && !answer.body.includes(expect.text)) {
    wrong.push(`expected the body to contain ${shown(expect.text)}, got ${shown(answer.body)}`)
  }
  if (expect.json !== undefined) wrong.push(...jsonMismatches(expect.json, answer.body))
  return wrong
}

function jsonMismatches(expected: Readonly<Record<string, unknown>>, body: string): readonly string[] {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return [`expected a JSON body, got ${shown(body)}`]
  }
  return Object.entries(expected).flatMap(([path, want]) => {
    const got = valueAt(json, path)
    const type = typeNames.find((name) => name === want)
    if (type === undefined)
      return isDeepStrictEqual(got, want) ? [] : [`expected ${path} to be ${shown(want)}, got ${shown(got)}`]
    return typeOf(got) === type
      ? []
      : [
          `expected ${path} to be of type ${type}, got ${got === undefined ? 'nothing' : `${typeOf(got)} ${shown(got)}`}`,
        ]
  })
}

const typeNames = ['string', 'number', 'boolean', 'array', 'object', 'null'] as const

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** Follows a dotted path; numbers index arrays. The empty path is the whole body. */
function valueAt(json: unknown, path: string): unknown {
  if (path === '') return json
  let value = json
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text
}
