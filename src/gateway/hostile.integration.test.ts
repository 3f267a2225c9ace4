import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, exchangeBytes, layerOf, serviceOf, TestBed, until } from './testBed.ts'

let bed: TestBed
const forwarded: string[] = []

beforeAll(async () => {
  bed = await TestBed.start({ headMs: 400, idleMs: 1_000 })
  const host = await bed.host((request, response) => {
    forwarded.push(`${request.method} ${request.url}`)
    request.resume()
    request.on('end', () => response.end('ok'))
    request.on('error', () => undefined)
  })
  await bed.apply([serviceOf('cart', '/api/cart', [layerOf('stable', { kind: 'everyone' }, [host.port])])])
})
afterAll(async () => {
  await bed.stop()
})

const head = 'GET /api/cart HTTP/1.1\r\nHost: x\r\n'

describe('is refused, nothing forwarded, the connection closed', () => {
  test.each<[string, string, number]>([
    [
      'Content-Length with Transfer-Encoding',
      'POST /api/cart HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'Transfer-Encoding with Content-Length',
      'POST /api/cart HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['xchunked', 'POST /api/cart HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', 400],
    [
      'chunked, identity',
      'POST /api/cart HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'two Content-Length',
      'POST /api/cart HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
      400,
    ],
    ['+2', 'POST /api/cart HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\nab', 400],
    ['space before colon', `${head}X-A : 1\r\n\r\n`, 400],
    ['NUL', `${head}X-A: a\0b\r\n\r\n`, 400],
    ['bare CR', `${head}X-A: a\rb\r\n\r\n`, 400],
    ['two Host', `${head}Host: y\r\n\r\n`, 400],
    ['no Host', 'GET /api/cart HTTP/1.1\r\n\r\n', 400],
    ['a backslash', 'GET /api/cart\\..\\x HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a fragment', 'GET /api/cart#/../x HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no HTTP', 'nonsense\r\n\r\n', 400],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 400],
    ['a head that is too large', `${head}X-A: ${'a'.repeat(33 * 1024)}\r\n\r\n`, 431],
    ['many headers that are too large together', `${head}${'X: 1\r\n'.repeat(8_000)}\r\n`, 431],
  ])('%s', async (_name, bytes, status) => {
    forwarded.length = 0
    const { text, closed } = await exchangeBytes(bed.front, bytes)
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(text).toMatch(/x-cofferdam-refused: (malformed|head-too-large)\r\n/)
    expect(closed).toBe(true)
    expect(forwarded).toEqual([])
  })

  test('chunk size overflow', async () => {
    const { text, closed } = await exchangeBytes(
      bed.front,
      `POST /api/cart HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\nabc`,
    )
    expect(text === '' || text.startsWith('HTTP/1.1 400 ')).toBe(true)
    expect(closed).toBe(true)
  })
})

describe('is taken', () => {
  test.each<[string, string, string]>([
    ['absolute form', 'GET http://shop.test/api/cart?x HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /api/cart?x'],
    ['HTTP/1.0 without Host', 'GET /api/cart HTTP/1.0\r\n\r\n', 'GET /api/cart'],
    [
      'h2c is not offered',
      `${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
      'GET /api/cart',
    ],
    ['many small headers', `${head}${'X: 1\r\n'.repeat(600)}\r\n`, 'GET /api/cart'],
  ])('%s', async (_name, bytes, expected) => {
    forwarded.length = 0
    const { text } = await exchangeBytes(bed.front, bytes)
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(forwarded).toEqual([expected])
  })

  test('pipelined requests are answered in order', async () => {
    forwarded.length = 0
    const { text } = await exchangeBytes(bed.front, `${head}\r\nGET /nope HTTP/1.1\r\nHost: x\r\n\r\n${head}\r\n`)
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
  })

  test('Expect: 100-continue', async () => {
    const { text } = await exchangeBytes(
      bed.front,
      'POST /api/cart HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab',
    )
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
  })

  test('the asterisk form has no route', async () => {
    expect((await exchangeBytes(bed.front, 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')).text).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('WebSocket is refused with an explanation', async () => {
    const { text } = await exchangeBytes(
      bed.front,
      `${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    )
    expect(text).toContain('WebSocket connections are not forwarded yet')
  })
})

describe('is slow', () => {
  test('a head that does not end is answered with 408', async () => {
    const { text, closed } = await exchangeBytes(bed.front, head, 3_000)
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toContain('x-cofferdam-refused: too-slow')
    expect(closed).toBe(true)
  })

  test('a body that does not go on is given up, and nothing is left in flight', async () => {
    const socket = connect(bed.front, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST /api/cart HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc')
    await until('it is in flight', () => bed.gateway.plane.counters.inFlight === 1)
    await new Promise<void>((resolve) => socket.once('close', () => resolve()))
    await until('nothing is in flight', () => bed.gateway.plane.counters.inFlight === 0)
  })

  test('200 idle connections do not disturb', async () => {
    const idle = Array.from({ length: 200 }, () => connect(bed.front, '127.0.0.1'))
    for (const socket of idle) socket.on('error', () => undefined)
    expect((await ask(bed.front, '/api/cart')).status).toBe(200)
    for (const socket of idle) socket.destroy()
  })
})

test('after all of it nothing is in flight', async () => {
  await until('nothing is in flight', () => bed.gateway.plane.counters.inFlight === 0)
  expect(bed.gateway.plane.pools.list()[0]).toMatchObject({ inFlight: 0, up: true })
})
