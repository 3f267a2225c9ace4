import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { ProbeTest, TestResult } from '../../domain/test/test.ts'
import { runProbe } from './probe.ts'

let close: () => void = () => undefined
afterEach(() => close())

async function probe(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  more: Partial<ProbeTest> = {},
): Promise<TestResult> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  const frontDoor = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const test: ProbeTest = {
    name: 'list',
    kind: 'probe',
    method: 'GET',
    path: '/api/cart?x=1',
    headers: {},
    expect: { status: 200, withinMs: 5_000 },
    ...more,
  }
  return runProbe(test, {
    frontDoor,
    service: 'cart',
    environment: 'staging',
    digest: 'sha256:x',
    signal: new AbortController().signal,
  })
}

test('sends method, path, headers and body, and says who answered', async () => {
  let got = ''
  const result = await probe(
    (request, response) => {
      request.on(
        'data',
        (data: Buffer) =>
          (got = `${request.method} ${request.url} ${String(request.headers['x-user'])} ${request.headers['content-type']} ${data.toString()}`),
      )
      request.on('end', () =>
        response.writeHead(201, { 'x-cofferdam-served-by': 'cart@staging/good;host=1;layer=stable' }).end('{"id":1}'),
      )
    },
    {
      method: 'POST',
      headers: { 'x-user': 'ada' },
      body: { title: 'Zoë' },
      expect: { status: 201, json: { id: 'number' }, withinMs: 5_000 },
    },
  )
  expect(got).toBe('POST /api/cart?x=1 ada application/json {"title":"Zoë"}')
  expect(result).toMatchObject({ name: 'list', kind: 'probe', passed: true })
  expect(result.text).toContain('answered 201 as expected (cart@staging/good;host=1;layer=stable)')
})

test('every difference is named, with what was expected and what came', async () => {
  const result = await probe(
    (_request, response) =>
      response.writeHead(503, { 'x-cofferdam-refused': 'no-host' }).end('{"items":[{"title":7}],"n":null}'),
    {
      expect: {
        status: 200,
        text: 'hello',
        json: { 'items.0.title': 'string', n: 'null', items: 'array', 'items.1': 'object', 'items.0.title.x': 3 },
        withinMs: 5_000,
      },
    },
  )
  expect(result.passed).toBe(false)
  expect(result.text).toContain(
    '(refused by the gateway: no-host): expected status 200, got 503; expected the body to contain "hello", got ',
  )
  expect(result.text).toContain(
    'expected items.0.title to be of type string, got number 7; expected items.1 to be of type object, got nothing; expected items.0.title.x to be 3, got nothing',
  )
  expect(result.text).not.toContain('expected n ')
  expect(result.output).toBe('{"items":[{"title":7}],"n":null}')
})

test('no answer in time, a cut answer, an endless one and nobody there each fail in words', async () => {
  const late = await probe(() => undefined, { expect: { status: 200, withinMs: 100 } })
  expect(late).toMatchObject({
    passed: false,
    text: expect.stringContaining('expected an answer within 0.1 s, none came') as string,
  })
  close()
  const cut = await probe((_request, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('x')
    response.socket?.end()
  })
  expect(cut.passed).toBe(false)
  close()
  const endless = await probe((_request, response) => {
    response.on('drain', () => response.write('x'.repeat(65_536)))
    response.write('x'.repeat(65_536))
  })
  expect(endless).toMatchObject({ passed: false, text: expect.stringContaining('longer than 1024 KB') as string })
  close()
  const signal = new AbortController().signal
  const test: ProbeTest = {
    name: 'list',
    kind: 'probe',
    method: 'GET',
    path: '/',
    headers: {},
    expect: { status: 200, withinMs: 1_000 },
  }
  const nobody = await runProbe(test, {
    frontDoor: 'http://127.0.0.1:1',
    service: 'cart',
    environment: 'staging',
    digest: 'sha256:x',
    signal,
  })
  expect(nobody.text).toContain('the request failed: connect ECONNREFUSED')
})
