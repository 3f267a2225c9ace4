import { request as httpRequest } from 'node:http'
import fc from 'fast-check'

type Json = Readonly<Record<string, unknown>>

/** One operation of an OpenAPI document. */
export interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Json }[]
  readonly body?: Json
}

export interface FuzzedRequest {
  readonly operation: Operation
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export interface FuzzedAnswer {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** The operations that a document lists. */
export function operationsOf(document: unknown): readonly Operation[] {
  const { paths } = document as { readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const body = operation['requestBody'] as { content: Record<string, { schema: Json }> } | undefined
      const schema = body?.content['application/json']?.schema
      return {
        id: String(operation['operationId']),
        method: method.toUpperCase(),
        path,
        parameters: (operation['parameters'] ?? []) as Operation['parameters'],
        ...(schema === undefined ? {} : { body: schema }),
      }
    }),
  )
}

const nasty = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '\0',
  '\u{1f4a5}',
  '\ud800',
  "' or 1=1 --",
  '%s%n',
  '{{7*7}}',
  '-1',
]
const sly = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '9'.repeat(15),
  '1e999',
  'NaN',
  'x'.repeat(2_500),
]

/** What means something to this API: by the name of the place, and anywhere. */
export type Words = Readonly<Record<string, readonly string[]>> & { readonly anywhere: readonly string[] }

/** Texts for one place: those that mean something there or elsewhere, those that hurt, and any. */
function texts(words: Words, name: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom(...(words[name] ?? words.anywhere)) },
    { weight: 2, arbitrary: fc.constantFrom(...words.anywhere) },
    { weight: 2, arbitrary: fc.constantFrom(...nasty, ...sly) },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  )
}

/** Values that a JSON schema describes, mostly; now and then any JSON in their place. */
function valuesOf(schema: Json, words: Words, name: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 30, arbitrary: describedBy(schema, words, name) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  )
}

function describedBy(schema: Json, words: Words, name: string): fc.Arbitrary<unknown> {
  const properties = schema['properties'] as Readonly<Record<string, Json>> | undefined
  if (properties !== undefined) {
    const required = (schema['required'] ?? []) as readonly string[]
    const known = fc.record(
      Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, valuesOf(part, words, key)])),
      { requiredKeys: [...required] },
    )
    const extra = fc.record({ [sly[0] ?? '']: fc.jsonValue() }, { requiredKeys: [] })
    return fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: fc.tuple(known, extra).map(join) })
  }
  if (schema['type'] === 'object') return fc.dictionary(texts(words, name), texts(words, name), { maxKeys: 5 })
  if (schema['type'] === 'string') return texts(words, name)
  if (schema['type'] === 'boolean') return fc.boolean()
  return fc.jsonValue()
}

function join([a, b]: readonly [object, object]): object {
  return { ...a, ...b }
}

/** A path segment or query value: percent-encoded, or raw as no client would send it. */
function segments(words: Words, name: string): fc.Arbitrary<string> {
  const raw = ['%', '%ff', '%00', '%zz', '..%2f..', '%2e%2e', '%c0%ae', 'a%0d%0ab', '+', 'a;b', '*']
  return fc.oneof(
    { weight: 12, arbitrary: texts(words, name).map((text) => encodeURIComponent(text.toWellFormed())) },
    { weight: 1, arbitrary: fc.constantFrom(...raw) },
  )
}

function headersOf(operation: Operation, token: string): fc.Arbitrary<Readonly<Record<string, string>>> {
  return fc.record(
    {
      authorization: fc.oneof(
        { weight: 12, arbitrary: fc.constant(`Bearer ${token}`) },
        { weight: 1, arbitrary: fc.constantFrom('Bearer', 'Bearer x', 'Basic eDp5', '\u00ff'.repeat(9)) },
      ),
      ...(operation.body === undefined
        ? {}
        : {
            'content-type': fc.oneof(
              { weight: 12, arbitrary: fc.constant('application/json') },
              { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/json; charset=utf-7', 'x', '') },
            ),
          }),
      'idempotency-key': fc.oneof(fc.uuid(), fc.uuid(), fc.constantFrom('k1', '', ' ', '\u00e9', 'k'.repeat(300))),
      'last-event-id': fc.constantFrom('1', '-1', 'x', '9'.repeat(15)),
      cookie: fc.constantFrom('cofferdam-ui=1.2.3', 'cofferdam-ui', ';;=;', 'cofferdam-ui=..'),
    },
    { requiredKeys: ['authorization', ...(operation.body === undefined ? [] : ['content-type' as never])] },
  )
}

/** Requests of one operation. */
export function requestsOf(operation: Operation, words: Words, token: string): fc.Arbitrary<FuzzedRequest> {
  const places = operation.parameters.map(({ name, in: place }) =>
    segments(words, name).map((value) => ({ name, place, value })),
  )
  const body =
    operation.body === undefined
      ? fc.constant(undefined)
      : fc.oneof(
          { weight: 12, arbitrary: valuesOf(operation.body, words, '').map((value) => JSON.stringify(value)) },
          {
            weight: 1,
            arbitrary: fc.constantFrom('', '{', 'null', '[]', '"x"', '{"a":1,"a":2}', '{"__proto__":{"x":1}}'),
          },
          { weight: 1, arbitrary: fc.constantFrom(`${'['.repeat(5_000)}`, JSON.stringify('x'.repeat(1_100_000))) },
        )
  return fc
    .tuple(fc.tuple(...places), fc.subarray(places.map((_, at) => at)), headersOf(operation, token), body)
    .map(([given, kept, headers, sent]) => {
      const path = given.reduce(
        (text, { name, place, value }) => (place === 'path' ? text.replace(`{${name}}`, value) : text),
        operation.path,
      )
      const query = given.filter(({ place }, at) => place === 'query' && kept.includes(at))
      const search = query.map(({ name, value }) => `${name}=${value}`).join('&')
      return { operation, path: search === '' ? path : `${path}?${search}`, headers, body: sent }
    })
}

/** Sends a request as it is, however odd. */
export function send(url: string, { operation, path, headers, body }: FuzzedRequest): Promise<FuzzedAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const options = {
      hostname,
      port,
      method: operation.method,
      path,
      headers: { ...headers, host: `${hostname}:${port}` },
      // A kept connection may be closed by the server while a busy machine keeps us waiting.
      agent: false,
    }
    const sent = httpRequest(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
