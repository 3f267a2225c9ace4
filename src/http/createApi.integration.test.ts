import { request as httpRequest } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFakeEngine, type FakeEngine } from './fakeEngine.fixture.ts'
import { type Api, createApi } from './createApi.ts'
import { alreadySchema, problemSchema, promotionSchema } from './contract/documents.ts'
import type { Route } from './contract/route.ts'
import { routes } from './contract/routes.ts'

let token = 'f'.repeat(64)
let fake: FakeEngine
let api: Api
let url: string
let bugs: unknown[]
let remembered: Map<string, { request: string; answer: string }>

beforeEach(async () => {
  token = 'f'.repeat(64)
  fake = createFakeEngine()
  bugs = []
  remembered = new Map()
  api = createApi({
    engine: fake.engine,
    token: () => token,
    store: {
      recall: async (key) => remembered.get(key),
      remember: async (key, request, answer) => void remembered.set(key, { request, answer }),
    },
    clock: { now: () => Date.now() },
    address: { host: '127.0.0.1', port: 0 },
    metrics: async () => 'cofferdam_events_total 1\n',
    readConfig: async (path) =>
      path.includes('bad')
        ? { ok: false, problems: [{ path: 'a', value: 1, allowed: 'x', nearest: null, text: 'wrong' }] }
        : { ok: true, organisation: { ...(await fake.engine.organisation()), file: path } },
    diff: async () => ({ files: [{ path: 'a', change: 'added' }], truncated: false }),
    about: { version: '1.2.3', home: '/srv/home', options: ['--home', '/srv/home'], demo: false },
    onBug: (error) => bugs.push(error),
    heartbeatMs: 20,
  })
  ;({ url } = await api.listen())
})
afterEach(() => api.close())

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const withToken = method === 'POST' ? { authorization: `Bearer ${token}` } : {}
  const response = await fetch(url + path, {
    method,
    headers: { ...withToken, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? JSON.parse(text) : { text },
  }
}

/** Fetch does not let a caller choose its host. */
function askAs(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(`${url}/api/v1/status`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

describe('who may ask', () => {
  test('a token that was replaced is refused at once, with where the new one is; the new one and no old session is let in', async () => {
    const made = await ask('POST', '/api/v1/session/codes', {})
    const session = await ask('POST', '/api/v1/session', { code: made.body['code'] }, { authorization: '' })
    const cookie = (session.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const change = (headers: Record<string, string>) => ask('POST', '/api/v1/promotions/p-1/abort', {}, headers)
    expect((await change({ authorization: '', cookie, origin: url })).status).toBe(200)
    const old = token
    token = 'a'.repeat(64)
    const refused = await change({ authorization: `Bearer ${old}` })
    expect(refused.status).toBe(401)
    expect(refused.body['help']).toMatch(/token rotate.*file `token` of the home/)
    expect((await change({ authorization: '', cookie, origin: url })).status).toBe(401)
    expect((await change({})).status).toBe(200)
  })

  test('who guesses is slowed down; who has the token is let in meanwhile', async () => {
    const statuses = new Map<number, number>()
    for (let n = 0; n < 40; n += 1) {
      const { status } = await ask('POST', '/api/v1/promotions/p-1/abort', {}, { authorization: `Bearer ${n}` })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect([...statuses]).toEqual([
      [401, 30],
      [429, 10],
    ])
    expect((await ask('POST', '/api/v1/session', { code: 'guessed' }, { authorization: '' })).status).toBe(429)
    expect((await ask('POST', '/api/v1/promotions/p-1/abort', {})).status).toBe(200)
    expect((await ask('GET', '/api/v1/status')).status).toBe(200)
  })

  test('reading on loopback needs no token', async () => {
    expect((await ask('GET', '/api/v1/status')).status).toBe(200)
  })

  test.each([
    ['no token', {}, 401],
    ['a wrong token', { authorization: `Bearer ${'e'.repeat(64)}` }, 401],
    ['a shorter token', { authorization: 'Bearer f' }, 401],
    ['the token', { authorization: `Bearer ${token}` }, 201],
  ])('a change with %s', async (_, headers, status) => {
    const answer = await fetch(`${url}/api/v1/promotions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"service":"cart","build":"good"}',
    })
    expect(answer.status).toBe(status)
    expect(fake.started).toHaveLength(status === 201 ? 1 : 0)
  })

  test.each([
    ['evil.example', 421],
    ['127.0.0.1', 421],
    [`127.0.0.1:1`, 421],
  ])('host %s is not ours', async (host, status) => {
    expect(await askAs(host)).toBe(status)
  })

  test('its own host is answered, by address and by name', async () => {
    const { host, port } = new URL(url)
    expect(await askAs(host)).toBe(200)
    expect(await askAs(`localhost:${port}`)).toBe(200)
  })

  test('a one-time code becomes a session once, and only our own pages change things with it', async () => {
    const made = await ask('POST', '/api/v1/session/codes', {})
    expect(made.body['url']).toContain('/#login=')
    const session = await ask('POST', '/api/v1/session', { code: made.body['code'] }, { authorization: '' })
    const setCookie = session.headers.get('set-cookie') ?? ''
    expect(setCookie).toMatch(/HttpOnly; SameSite=Strict; Path=\/api\/v1/)
    expect((await ask('POST', '/api/v1/session', { code: made.body['code'] }, { authorization: '' })).status).toBe(401)
    const cookie = setCookie.split(';')[0] ?? ''
    const change = async (headers: Record<string, string>): Promise<number> =>
      (await ask('POST', '/api/v1/promotions/p-1/abort', {}, { authorization: '', cookie, ...headers })).status
    expect(await change({ origin: url })).toBe(200)
    expect(await change({ origin: 'http://127.0.0.1:8080' })).toBe(403)
    expect(await change({})).toBe(403)
    expect(await change({ origin: url, cookie: `${cookie}x` })).toBe(401)
  })
})

describe('problems', () => {
  test.each([
    ['GET', '/nowhere', undefined, 404, 'usage'],
    ['POST', '/api/v1/status', {}, 405, 'usage'],
    ['DELETE', '/api/v1/promotions/p-1', undefined, 405, 'usage'],
    ['GET', '/api/v1/promotions/p-9', undefined, 404, 'unknown-promotion'],
    ['GET', '/api/v1/services/crat', undefined, 404, 'unknown-service'],
    ['GET', '/api/v1/events?after=x', undefined, 400, 'usage'],
    ['GET', '/api/v1/promotions?srevice=cart', undefined, 400, 'usage'],
    ['GET', '/api/v1/%zz', undefined, 400, 'usage'],
    ['GET', '/api/v1/environments/lab/requests', undefined, 404, 'usage'],
    ['GET', '/api/v1/environments/production/requests?limit=0', undefined, 400, 'usage'],
    ['GET', '/api/v1/services/nobody/series?environment=production', undefined, 404, 'unknown-service'],
    ['GET', '/api/v1/services/cart/series?environment=lab', undefined, 404, 'usage'],
    ['GET', '/api/v1/services/cart/series', undefined, 400, 'usage'],
    ['POST', '/api/v1/promotions', { service: 'cart' }, 400, 'usage'],
    ['POST', '/api/v1/promotions', { service: 'cart', build: 'b', bild: 1 }, 400, 'usage'],
    ['POST', '/api/v1/promotions', '{"service":', 400, 'usage'],
    ['POST', '/api/v1/promotions/p-1/pass', {}, 400, 'usage'],
    ['POST', '/api/v1/builds', { service: 'cart', from: 'relative' }, 400, 'usage'],
    ['POST', '/api/v1/builds', { service: 'cart', from: '/a', command: 'a && b' }, 400, 'usage'],
    ['POST', '/api/v1/promotions', { service: 'x'.repeat(1_100_000), build: 'b' }, 413, 'too-large'],
    ['POST', '/api/v1/organisation', { path: '/bad.yaml' }, 422, 'invalid-config'],
  ])('%s %s %j is %i %s', async (method, path, body, status, code) => {
    const answer = await ask(method, path, body)
    expect(answer.body).toMatchObject({ status, code, detail: expect.any(String), help: expect.any(String) })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(problemSchema.parse(answer.body).requestId).toBe(
      answer.headers.get('x-request-id') ?? answer.body['requestId'],
    )
    expect(fake.started).toEqual([])
    expect(fake.applied).toEqual([])
    expect(bugs).toEqual([])
  })

  test('another content type is 415', async () => {
    expect(
      (await ask('POST', '/api/v1/promotions', 'service=cart', { 'content-type': 'text/plain' })).body,
    ).toMatchObject({ status: 415, code: 'usage' })
  })

  test('a refusal is 409 with holds in ISO time', async () => {
    fake.refuseWith.push({ rule: 'service-busy', on: 'p-4', sinceMs: 0, text: 'p-4 moves', help: 'wait for p-4' })
    const answer = await ask('POST', '/api/v1/promotions', { service: 'cart', build: 'b' })
    expect(answer.status).toBe(409)
    expect(problemSchema.parse(answer.body)).toMatchObject({
      code: 'held',
      detail: 'p-4 moves',
      holds: [{ rule: 'service-busy', on: 'p-4', since: '1970-01-01T00:00:00.000Z', until: null }],
    })
  })

  test('a bug is 500, tells nothing of itself, and is reported with the id', async () => {
    fake.failure = new Error('the secret is squeamish')
    const answer = await ask('GET', '/api/v1/status')
    expect(answer.body).toMatchObject({ status: 500, code: 'bug' })
    expect(JSON.stringify(answer.body)).not.toContain('squeamish')
    expect(bugs).toEqual([fake.failure])
  })

  test('not ready is 503', async () => {
    expect((await ask('GET', '/readyz')).status).toBe(200)
    fake.failure = new Error('g1 has no table')
    expect((await ask('GET', '/readyz')).body).toMatchObject({ status: 503, ready: false })
    expect((await ask('GET', '/healthz')).status).toBe(200)
  })

  test('a taken port names who has it', async () => {
    const other = createApi({
      engine: fake.engine,
      token: () => token,
      store: { recall: async () => undefined, remember: async () => {} },
      clock: { now: Date.now },
      address: { host: '127.0.0.1', port: Number(new URL(url).port) },
      metrics: async () => '',
      readConfig: async () => ({ ok: false, problems: [] }),
      diff: async () => ({ files: [], truncated: false }),
      about: { version: '1', home: '/srv/home', options: ['--home', '/srv/home'], demo: false },
      onBug: () => {},
    })
    await expect(other.listen()).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(`pid ${process.pid}`),
    })
  })
})

describe('routes', () => {
  test('every GET answers as its schema says', async () => {
    fake.emit('one')
    await ask('POST', '/api/v1/builds', { service: 'cart', from: '/a', name: 'one' })
    const query: Record<string, string> = {
      planService: '?build=one',
      logs: '?service=cart',
      serviceSeries: '?environment=production',
    }
    for (const [name, route] of Object.entries<Route>(routes)) {
      if (route.method !== 'GET') continue
      const path = route.path
        .replace('{id}', 'p-1')
        .replace('{name}', name.includes('nvironment') ? 'production' : 'cart')
        .replace(/\{[ab]\}/g, 'one')
      const answer = await ask('GET', (route.base === 'api' ? '/api/v1' : '') + path + (query[name] ?? ''))
      expect([name, answer.status]).toEqual([name, 200])
      const schema = route.answers[200]
      if (typeof schema === 'object') expect(schema.parse(answer.body)).toEqual(answer.body)
    }
  })

  test('a build is 201, the same again 200', async () => {
    const body = { service: 'cart', from: '/a', name: 'one', command: 'node main.ts' }
    expect(await ask('POST', '/api/v1/builds', body)).toMatchObject({
      status: 201,
      body: { name: 'one', command: 'node main.ts' },
    })
    expect(await ask('POST', '/api/v1/builds', body)).toMatchObject({ status: 200 })
  })

  test('a promotion is 201 with its place; what runs already is 200', async () => {
    const answer = await ask('POST', '/api/v1/promotions', {
      service: 'cart',
      build: 'b',
      emergency: { reason: 'r', incident: 'i' },
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe('/api/v1/promotions/p-1')
    promotionSchema.parse(answer.body)
    expect(fake.started).toEqual([
      { service: 'cart', build: 'b', emergency: { reason: 'r', incident: 'i' }, by: 'admin' },
    ])
    const already = await ask('POST', '/api/v1/promotions', { service: 'cart', build: 'running' })
    expect(already.status).toBe(200)
    alreadySchema.parse(already.body)
  })

  test('a change without a body is taken as an empty one', async () => {
    expect((await ask('POST', '/api/v1/promotions/p-1/abort')).status).toBe(200)
    expect((await ask('POST', '/api/v1/promotions/p-1/abort', '')).status).toBe(200)
  })

  test('events are JSON, or a stream that goes on after Last-Event-ID and ends when the API closes', async () => {
    for (const text of ['one', 'two', 'three']) fake.emit(text)
    expect(await ask('GET', '/api/v1/events?after=1&limit=1')).toMatchObject({
      body: { events: [{ id: 2, text: 'two', data: {} }], last: 3 },
    })
    const response = await fetch(`${url}/api/v1/events?after=0`, {
      headers: { accept: 'text/event-stream', 'last-event-id': '2' },
      signal: AbortSignal.timeout(10_000),
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    let text = ''
    let isClosing = false
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString()
      if (!isClosing && text.includes('three')) {
        isClosing = true
        void api.close()
      }
    }
    expect(text).toContain('id: 3\ndata: {"id":3,')
    expect(text).not.toContain('two')
  })

  test('a valid configuration is applied', async () => {
    expect(await ask('POST', '/api/v1/organisation', { path: '/good.yaml' })).toMatchObject({
      status: 200,
      body: { revision: '2', changed: true },
    })
    expect(fake.applied).toHaveLength(1)
  })

  test('without a path the file that was applied last is applied as it is now', async () => {
    expect((await ask('POST', '/api/v1/organisation', {})).status).toBe(400)
    const organisation = await fake.engine.organisation()
    Object.assign(fake.engine, { organisation: async () => ({ ...organisation, file: '/later.yaml' }) })
    expect((await ask('POST', '/api/v1/organisation', {})).status).toBe(200)
    expect(fake.applied).toMatchObject([{ file: '/later.yaml' }])
  })
})

describe('Idempotency-Key', () => {
  const keyed = { 'idempotency-key': 'k1' }

  test('the same request again, also at the same time, has the same answer and happens once', async () => {
    const gate = Promise.withResolvers<void>()
    fake.slow = gate.promise
    const body = { service: 'cart', build: 'b' }
    const both = Promise.all([
      ask('POST', '/api/v1/promotions', body, keyed),
      ask('POST', '/api/v1/promotions', { build: 'b', service: 'cart' }, keyed),
    ])
    gate.resolve()
    const [first, second] = await both
    expect(first.status).toBe(201)
    expect(second.body).toEqual(first.body)
    const third = await ask('POST', '/api/v1/promotions', body, keyed)
    expect([third.status, third.body, third.headers.get('location')]).toEqual([
      201,
      first.body,
      '/api/v1/promotions/p-1',
    ])
    expect(fake.started).toHaveLength(1)
  })

  test('without a key, or with another, it happens again', async () => {
    const body = { service: 'cart', build: 'b' }
    await ask('POST', '/api/v1/promotions', body, keyed)
    await ask('POST', '/api/v1/promotions', body, { 'idempotency-key': 'k2' })
    await ask('POST', '/api/v1/promotions', body)
    expect(fake.started).toHaveLength(3)
  })

  test('another request under the key is refused', async () => {
    await ask('POST', '/api/v1/promotions', { service: 'cart', build: 'b' }, keyed)
    const answer = await ask('POST', '/api/v1/promotions', { service: 'cart', build: 'c' }, keyed)
    expect(answer.body).toMatchObject({ status: 422, code: 'idempotency-mismatch' })
    expect(fake.started).toHaveLength(1)
  })

  test('a refusal is remembered as well, a bug is not', async () => {
    fake.refuseWith.push({ rule: 'service-busy', on: 'p-4', sinceMs: 0, text: 'p-4 moves', help: 'wait' })
    const body = { service: 'cart', build: 'b' }
    const first = await ask('POST', '/api/v1/promotions', body, keyed)
    fake.refuseWith.length = 0
    expect((await ask('POST', '/api/v1/promotions', body, keyed)).body).toEqual(first.body)
    fake.failure = new Error('broken')
    expect((await ask('POST', '/api/v1/promotions', body, { 'idempotency-key': 'k9' })).status).toBe(500)
    fake.failure = undefined
    expect((await ask('POST', '/api/v1/promotions', body, { 'idempotency-key': 'k9' })).status).toBe(201)
  })
})
