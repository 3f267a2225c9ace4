import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileAnswers } from './hostileAnswers.fixture.ts'
import { hostileRequests } from './hostileRequests.fixture.ts'
import { RawHost, talk, untilClosed, type RawAnswer } from './rawTalk.fixture.ts'
import { ask, layerOf, serviceOf, TestBed, until } from './testBed.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = 'GET /a HTTP/1.1\r\nHost: x\r\n'
let bed: TestBed
let host: RawHost

beforeAll(async () => {
  // A busy machine must not make a host look dead: what is tested here is bytes.
  bed = await TestBed.start({ healthTimeoutMs: 15_000, askAgainMs: 20 })
  host = await RawHost.start(() => undefined)
  host.answerWith(ok)
  await bed.apply([serviceOf('cart', '/', [layerOf('stable', { kind: 'everyone' }, [host.port])])])
})
afterAll(async () => {
  await bed.stop()
  await host.close()
})

/** A new start for the host: no connection is left from the case before, and it is up. */
async function hostAnswers(bytes: string, thenClose = false): Promise<void> {
  host.forget()
  host.answerWith(bytes, thenClose)
  await until('the host is up', () => bed.gateway.plane.pools.list()[0]?.up === true, 15_000)
}

const hasAnswers =
  (count: number) =>
  ({ text }: RawAnswer): boolean =>
    text.split('\r\n\r\nok').length > count

describe('a hostile client', () => {
  beforeAll(async () => await hostAnswers(ok))
  const refused = hostileRequests.filter((one) => one.expect === 'refused')
  test.each(refused)('is refused and closed, nothing forwarded: $name', async ({ bytes, status = 400 }) => {
    host.received.length = 0
    const { text, closed, statuses } = await talk(bed.front, bytes, untilClosed)
    expect(statuses).toEqual([status])
    expect(text).toMatch(/x-cofferdam-refused: (malformed|head-too-large)\r\n/)
    expect(closed).toBe(true)
    expect(host.received).toEqual([])
  })

  const accepted = hostileRequests.filter((one) => one.expect === 'accepted')
  test.each(accepted)('is served in one reading: $name', async ({ bytes, forwarded }) => {
    host.received.length = 0
    const { statuses } = await talk(bed.front, bytes, hasAnswers(1))
    expect(statuses.at(-1)).toBe(200)
    expect(host.received.join('').split('\r\n', 1)[0]).toBe(forwarded)
    expect(host.received.join('')).not.toMatch(/\r\n(upgrade|http2-settings|expect|x-t):/i)
  })

  test('an absolute form: its authority stands above the Host header', async () => {
    host.received.length = 0
    await talk(bed.front, 'GET http://shop.test:80/a HTTP/1.1\r\nHost: x\r\n\r\n', hasAnswers(1))
    expect(host.received.join('')).toMatch(/\r\nhost: shop\.test:80\r\n/i)
    expect(host.received.join('')).not.toMatch(/\r\nhost: x\r\n/i)
  })

  test('Expect: 100-continue is answered by the gateway', async () => {
    const bytes = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab'
    expect((await talk(bed.front, bytes, hasAnswers(1))).statuses).toEqual([100, 200])
  })

  test('trailers beyond 32 KiB: whatever of the body has left by then, its end has not', async () => {
    host.received.length = 0
    const bytes = `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-t: ${'a'.repeat(40_000)}\r\n\r\n`
    expect((await talk(bed.front, bytes, untilClosed)).text).toMatch(
      /x-cofferdam-refused: (head-too-large|malformed)|^HTTP\/1\.1 200 /,
    )
    expect(host.received.join('')).not.toMatch(/\r\n0\r\n\r\n$/)
  })

  test('pipelined requests are answered in order', async () => {
    const bytes = `${get}\r\nGET /b HTTP/1.1\r\nHost: a b\r\n\r\n${get}\r\n`
    // What comes after a malformed request is not read: the connection may be out of step.
    expect((await talk(bed.front, bytes, untilClosed)).statuses).toEqual([200, 400])
    expect((await talk(bed.front, `${get}\r\n`.repeat(3), hasAnswers(3))).statuses).toEqual([200, 200, 200])
  })

  test('bytes that are no request do not end up in the answer before them', async () => {
    const { text, statuses } = await talk(bed.front, `${get}\r\nnonsense\r\n\r\n`, untilClosed)
    expect(statuses).toEqual([200])
    expect(text).toMatch(/\r\n\r\nok$/)
  })

  test('hop-by-hop headers, and those that Connection names, end here', async () => {
    host.received.length = 0
    const hop =
      'Connection: close, x-b, host\r\nX-B: 1\r\nKeep-Alive: 1\r\nProxy-Connection: a\r\nTE: trailers\r\nTrailer: x\r\n'
    await talk(bed.front, `${get}${hop}X-C: 2\r\n\r\n`, untilClosed)
    const forwarded = host.received.join('')
    expect(forwarded).toMatch(/\r\nhost: x\r\n[^]*\r\nX-C: 2\r\n/)
    expect(forwarded).not.toMatch(/\r\n(x-b|keep-alive|proxy-connection|te|trailer):/i)
  })

  test('what it says about where it comes from is replaced at a front door, kept at a back door', async () => {
    const said =
      'X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Forwarded-Prefix: /p\r\n'
    host.received.length = 0
    await talk(bed.front, `${get}${said}\r\n`, hasAnswers(1))
    expect(host.received.join('')).not.toMatch(/6\.6\.6\.6|\/p/)
    expect(host.received.join('')).toMatch(/x-forwarded-for: 127\.0\.0\.1\r\n/)
    host.received.length = 0
    await talk(bed.back, `${get}${said}\r\n`, hasAnswers(1))
    expect(host.received.join('')).toMatch(/X-Forwarded-For: 6\.6\.6\.6\r\n/)
  })
})

describe('a hostile host', () => {
  test.each(hostileAnswers)('$expect: $name', async (one) => {
    const { bytes, thenClose, method = 'GET', expect: expected, has, lacks } = one
    await hostAnswers(bytes, thenClose)
    const asked = `${method} /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    const { text, closed, statuses } = await talk(bed.front, asked, untilClosed)
    expect(closed).toBe(true)
    if (expected === 'refused') {
      expect(statuses).toEqual([502])
      expect(text).toContain('x-cofferdam-refused: upstream-failed\r\n')
      expect(text).toContain('x-cofferdam-served-by: cart@production/stable-build;host=1;layer=stable\r\n')
    } else if (expected === 'accepted') {
      expect(text).not.toContain('x-cofferdam-refused')
    }
    if (has !== undefined) expect(text).toMatch(has)
    if (lacks !== undefined) expect(text).not.toMatch(lacks)
  })

  test.each([
    'POISON',
    'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON',
  ])('poisons no answer but its own with %j after it', async (poison) => {
    await hostAnswers(ok + poison)
    for (let i = 0; i < 5; i += 1) {
      const { text } = await talk(bed.front, `${get}Connection: close\r\n\r\n`, untilClosed)
      expect(text).toMatch(/\r\n\r\nok$/)
      expect(text).not.toContain('POISON')
    }
  })

  test('that answers before an upload ends: the client gets the answer, the connection is closed', async () => {
    await hostAnswers('HTTP/1.1 403 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok', true)
    const upload = `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n${'a'.repeat(100_000)}`
    const { statuses } = await talk(bed.front, upload, hasAnswers(1))
    expect(statuses).toEqual([403])
    await until('nothing is in flight', () => bed.gateway.plane.counters.inFlight === 0, 15_000)
  })
})

describe('a slow client', () => {
  let slow: TestBed
  beforeAll(async () => {
    slow = await TestBed.start({ headMs: 400, idleMs: 1_000, healthTimeoutMs: 15_000 })
    await slow.apply([serviceOf('cart', '/', [layerOf('stable', { kind: 'everyone' }, [host.port])])])
    await hostAnswers(ok)
  })
  afterAll(async () => await slow.stop())

  test('a head that does not end is answered with 408', async () => {
    const { text, statuses } = await talk(slow.front, get, untilClosed)
    expect(statuses).toEqual([408])
    expect(text).toContain('x-cofferdam-refused: too-slow')
  })

  test('a body that does not go on is given up, and nothing is left in flight', async () => {
    host.answerWith('')
    await talk(slow.front, 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc', untilClosed)
    await until('nothing is in flight', () => slow.gateway.plane.counters.inFlight === 0)
  })

  test('200 idle connections do not disturb', async () => {
    await hostAnswers(ok)
    const idle = Array.from({ length: 200 }, () => connect(slow.front, '127.0.0.1'))
    for (const socket of idle) socket.on('error', () => undefined)
    expect((await ask(slow.front, '/a')).status).toBe(200)
    for (const socket of idle) socket.destroy()
  })
})

test('after all of it nothing is in flight', async () => {
  await until('nothing is in flight', () => bed.gateway.plane.counters.inFlight === 0, 15_000)
  expect(bed.gateway.plane.pools.list()[0]).toMatchObject({ inFlight: 0 })
})
