import { parse } from 'yaml'
import type { Weighted } from './weighted.ts'

export interface RequestLine {
  readonly method: string
  readonly path: string
}

export interface Ask {
  readonly read: RequestLine
  readonly write?: RequestLine
  /** Sent with `write`, as JSON. */
  readonly body?: unknown
}

export interface Plan {
  readonly users: { readonly names: number; readonly notAscii: number }
  readonly languages: readonly Weighted<string>[]
  readonly userAgents: readonly string[]
  /** The fraction of requests that write. */
  readonly writes: number
  /** A visit's next request comes up to so many milliseconds after the one before. */
  readonly thinkMs: number
  /** What one visit asks: one of each. */
  readonly visit: readonly (readonly Weighted<Ask>[])[]
}

type Fields = Readonly<Record<string, unknown>>

/** Reads the section `load` of a YAML text; throws with the path, its value and what is allowed. */
export function parsePlan(text: string): Plan {
  const load = readFields(readFields(parse(text), 'the file')['load'], 'load')
  const users = readFields(load['users'], 'load.users')
  const languages = readFields(load['languages'], 'load.languages')
  return {
    users: {
      names: readNumber(users['names'], 'load.users.names', 1, 1_000_000),
      notAscii: readNumber(users['notAscii'], 'load.users.notAscii', 0, 1),
    },
    languages: Object.entries(languages).map(([value, weight]) => ({
      value,
      weight: readNumber(weight, `load.languages.${value}`, 0, 1e6),
    })),
    userAgents: readList(load['userAgents'], 'load.userAgents').map((value, n) =>
      readText(value, `load.userAgents.${n}`),
    ),
    writes: readNumber(load['writes'], 'load.writes', 0, 1),
    thinkMs: readNumber(load['thinkMs'] ?? 0, 'load.thinkMs', 0, 60_000),
    visit: readList(load['visit'], 'load.visit').map((entry, n) =>
      readList(entry, `load.visit.${n}`).map((ask, m) => readAsk(ask, `load.visit.${n}.${m}`)),
    ),
  }
}

function readAsk(value: unknown, path: string): Weighted<Ask> {
  const fields = readFields(value, path)
  const ask: Ask = {
    read: readRequestLine(fields['read'], `${path}.read`),
    ...(fields['write'] === undefined ? {} : { write: readRequestLine(fields['write'], `${path}.write`) }),
    ...(fields['body'] === undefined ? {} : { body: fields['body'] }),
  }
  return { value: ask, weight: readNumber(fields['weight'] ?? 1, `${path}.weight`, 0, 1e6) }
}

function readRequestLine(value: unknown, path: string): RequestLine {
  const [, method, target] = /^([A-Z]+) (\/\S*)$/.exec(readText(value, path)) ?? []
  if (method === undefined || target === undefined) throw refuse(path, value, 'METHOD /path')
  return { method, path: target }
}

function readFields(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(path, value, 'a mapping')
  return { ...value }
}

function readList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw refuse(path, value, 'a list with at least one entry')
  return value
}

function readText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw refuse(path, value, 'a text')
  return value
}

function readNumber(value: unknown, path: string, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw refuse(path, value, `a number from ${least} to ${most}`)
  }
  return value
}

function refuse(path: string, value: unknown, allowed: string): Error {
  const shown = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80)
  return new Error(`${path} is ${shown}; allowed is ${allowed}`)
}
