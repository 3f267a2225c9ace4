import { afterAll, beforeAll, expect, test } from 'vitest'
import fc from 'fast-check'
import type { RouteTable } from '../domain/routing/table.ts'
import { RawHost, talk, untilClosed } from './rawTalk.fixture.ts'
import { freePort, layerOf, serviceOf, TestBed } from './testBed.ts'

const everyone = { kind: 'everyone' } as const
let bed: TestBed
let own: RawHost
let below: RawHost
let doors: { readonly front: number; readonly back: number }
let generation = 0

/** An environment that has only `/own`; all else is in its base, by path and by host name. */
function table(methods: readonly string[]): RouteTable {
  const base = bed.tableOf(
    [
      serviceOf('site', '/', [layerOf('stable', everyone, [below.port])]),
      serviceOf('deep', '/own/deep', [layerOf('stable', everyone, [below.port])]),
      {
        ...serviceOf('named', '/', [layerOf('stable', everyone, [below.port])]),
        routes: [{ host: 'admin.test', path: '/own' }],
      },
    ],
    (generation += 1),
  )
  const sandbox = {
    name: 'sandbox',
    doors: [
      { id: 'sandbox/front', kind: 'front', port: doors.front, servedBy: 'always', strict: false },
      { id: 'sandbox/back/c', kind: 'back', port: doors.back, caller: 'c', servedBy: 'always', strict: false },
    ],
    services: [serviceOf('own', '/own', [layerOf('stable', everyone, [own.port])])],
    base: { environment: 'production', methods },
  } as const
  return { ...base, environments: [...base.environments, sandbox] }
}

beforeAll(async () => {
  bed = await TestBed.start({ healthTimeoutMs: 15_000 })
  own = await RawHost.start(() => undefined)
  below = await RawHost.start(() => undefined)
  // A host cannot send the gateway elsewhere: whatever it answers goes to the client.
  own.answerWith(
    'HTTP/1.1 307 T\r\nLocation: http://admin.test/own\r\nX-Accel-Redirect: /\r\nContent-Length: 0\r\n\r\n',
  )
  below.answerWith('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  doors = { front: await freePort(), back: await freePort() }
})
afterAll(async () => {
  await bed.stop()
  await own.close()
  await below.close()
})

const segments = [
  'own',
  'deep',
  'OWN',
  '%6fwn',
  'o%77n',
  '..',
  '.',
  '%2e%2e',
  '%2E.',
  '',
  '%2F',
  '..%2F..',
  '%5c',
  ';a',
  '%00',
  '*',
]
const segment = fc.constantFrom(...segments)
const path = fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`)
const hosts = [
  'x',
  'admin.test',
  'ADMIN.test',
  'admin.test:80',
  'admin.test.',
  'production',
  '127.0.0.1',
  '[::1]',
  '',
  'a b',
  'admin.test@x',
]
const host = fc.constantFrom(...hosts)
const target = fc.oneof(
  { weight: 3, arbitrary: path },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('http', 'https', 'HTTP', 'ws'), host, path)
      .map(([s, h, p]) => `${s}://${h}${p}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      '//admin.test/own',
      '?/own',
      'admin.test:80',
      'http:/own',
      '/own?/../..',
      '/own/..?',
    ),
  },
)
const method = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'OPTIONS',
  'TRACE',
  'DELETE',
  'CONNECT',
  'get',
  'GET /own HTTP/1.1\r\nHost: x\r\n\r\nGET',
)
const extra = fc.subarray([
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n',
  'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n',
  'X-Forwarded-Host: admin.test\r\nForwarded: host=admin.test\r\n',
  'X-Original-URL: /\r\nX-Rewrite-URL: /\r\nX-HTTP-Method-Override: GET\r\n',
  'x-cofferdam-key: production\r\nbaggage: cofferdam.key=production\r\nCookie: cofferdam-key=production\r\n',
  'Content-Length: 40\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Host: admin.test\r\n',
])
const request = fc
  .tuple(method, target, host, extra, fc.constantFrom('front', 'back'))
  .map(([m, t, h, more, door]) => ({
    door,
    bytes: `${m} ${t} HTTP/1.1\r\nHost: ${h}\r\nConnection: close\r\n${more.join('')}\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: admin.test\r\nConnection: close\r\n\r\n`,
  }))

/** What reached a host in the base while these were sent. */
async function reached(requests: readonly { readonly door: string; readonly bytes: string }[]): Promise<string> {
  below.received.length = 0
  await Promise.all(
    requests.map(async ({ door, bytes }) => {
      // Some wait for the rest of their body: that they are not answered says nothing here.
      await talk(
        door === 'front' ? doors.front : doors.back,
        bytes,
        (answer) => answer.statuses.length > 0,
        3_000,
      ).catch(() => undefined)
    }),
  )
  return below.received.join('')
}

test('an environment whose egress is none is not left by any spelling of a request', async () => {
  expect(await bed.put(table([]))).toMatchObject({ kind: 'applied' })
  own.received.length = 0
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 10, maxLength: 20 }), async (requests) => {
      expect(await reached(requests)).toBe('')
    }),
    { numRuns: 20 },
  )
  // They were not refused for some other reason before they were routed.
  expect(own.received.join('').split(' HTTP/1.1').length).toBeGreaterThan(10)
  const { text } = await talk(doors.front, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', untilClosed)
  expect(text).toContain('x-cofferdam-refused: egress')
})

test('the same requests leave one that may', async () => {
  expect(await bed.put(table(['GET', 'POST', 'HEAD']))).toMatchObject({ kind: 'applied' })
  expect(await reached(fc.sample(request, { numRuns: 100, seed: 1 }))).toContain(' HTTP/1.1\r\n')
})
