import { z } from 'zod'
import {
  command,
  duration,
  isMap,
  leaf,
  literal,
  named,
  number,
  oneOf,
  quantity,
  section,
  text,
  type Chosen,
} from './fields.ts'
import { nearest } from '../domain/nearest.ts'

const kinds = ['probe', 'suite']
const kindAllowed = kinds.join(' or ')
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

export interface RequestLine {
  readonly method: string
  readonly path: string
}

/** One test of a service, by its `kind`. */
export function testSchema() {
  return oneOf([probeSchema(), suiteSchema()], chooseKind)
}

/** By its `kind`; a kind that is left out or misspelt, by the keys that only one of them has. */
function chooseKind(input: unknown): Chosen {
  if (!isMap(input)) return 0
  const kind = input['kind']
  if (kind !== undefined) {
    const meant = typeof kind === 'string' ? nearest(kind, kinds) : undefined
    return meant === undefined ? { ok: false, allowed: kindAllowed, at: 'kind' } : kinds.indexOf(meant)
  }
  if ('request' in input === 'command' in input) return { ok: false, allowed: kindAllowed, at: 'kind' }
  return 'request' in input ? 0 : 1
}

export type TestSection = z.output<ReturnType<typeof testSchema>>

function probeSchema() {
  return section({
    kind: literal('probe', kindAllowed).describe('One request whose answer is looked at.'),
    request: requestLine().describe('Method and path, such as `GET /api/items?page=1`.'),
    headers: named(headerName(), text('the value of a header', { pattern: /^[\t\x20-\x7e\x80-\xff]+$/ }), 'headers')
      .prefault({})
      .describe('Headers of the request.'),
    body: json().optional().describe('Sent as JSON.'),
    expect: section({
      status: number({ min: 100, max: 599 }, { whole: true }).prefault(200).describe('Status of the answer.'),
      text: text('a text', { max: 10_000 }).optional().describe('A text that the body contains.'),
      json: named(z.string(), json(), 'dotted paths and what stands there')
        .optional()
        .describe(
          'Dotted path in the JSON body → `string`, `number`, `boolean`, `array`, `object` or `null` for a type, or an exact value.',
        ),
      within: quantity(duration, { min: 1, max: 300_000 })
        .prefault('5s')
        .describe('The answer is complete within this time.'),
    })
      .prefault({})
      .describe('What the answer must be.'),
  })
}

function suiteSchema() {
  return section({
    kind: literal('suite', kindAllowed).describe('Any command; it passes when it exits with 0.'),
    command: command().describe('Run in a copy of the build; split into words, never given to a shell.'),
    timeout: quantity(duration, { min: 100, max: 3_600_000 })
      .prefault('5m')
      .describe('Then it is stopped, and has failed.'),
  })
}

function requestLine() {
  const allowed = `a method and a path: ${methods.join(' ')}, a space, then a path beginning with /`
  return leaf<RequestLine>(
    (input) => {
      const says = 'is no request'
      if (typeof input !== 'string') return { ok: false, allowed, says }
      const match = /^(\S+) (\/[^\s#]*)$/.exec(input)
      const method = match?.[1]
      const path = match?.[2]
      if (method !== undefined && path !== undefined && methods.includes(method) && input.length <= 4_000) {
        return { ok: true, value: { method, path } }
      }
      const meant = repairRequest(input)
      return { ok: false, allowed, says, ...(meant !== undefined && { nearest: meant }) }
    },
    { type: 'string', pattern: `^(${methods.join('|')}) /[^\\s#]*$`, $comment: allowed },
  )
}

function repairRequest(input: string): string | undefined {
  const words = input.trim().split(/\s+/)
  const [first = '', second] = words
  if (words.length > 2 || input.length > 200) return undefined
  if (second === undefined) return first.startsWith('/') ? `GET ${first}` : undefined
  const method = nearest(first, methods)
  return method === undefined ? undefined : `${method} ${second.startsWith('/') ? second : `/${second}`}`
}

function headerName() {
  return text('the name of a header', { max: 200, pattern: /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/ })
}

function json() {
  return leaf<unknown>(
    (input) => (isJson(input) ? { ok: true, value: input } : { ok: false, allowed: 'anything that JSON can say' }),
    {},
  )
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value !== 'object') return false
  return Object.values(value).every(isJson)
}
