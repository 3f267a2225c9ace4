import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, type ClientHttp2Session } from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeSelfSigned, writePair } from '../../certificates/selfSigned.fixture.ts'
import { RawHost } from '../rawTalk.fixture.ts'
import { layerOf, serviceOf, TestBed, until } from '../testBed.ts'
import { askHttp2, askTls, getOf, openHttp2, postOf, type Http2Answer } from '../tls/tlsTalk.fixture.ts'

// Generous: tests run on machines that are busy with something else.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const folder = mkdtempSync(join(tmpdir(), 'http2-'))
const pair = writePair(folder, 'shop', makeSelfSigned({ names: ['shop.test'] }), ['shop.test'])
const quiet = { healthTimeoutMs: 15_000, askAgainMs: 20 }
let bed: TestBed
let host: RawHost
let session: ClientHttp2Session

async function started(limits: Parameters<typeof TestBed.start>[0], port: number): Promise<TestBed> {
  const made = await TestBed.start({ ...quiet, ...limits })
  made.frontDoor = { tls: [pair] }
  await made.apply([serviceOf('cart', '/', [layerOf('stable', { kind: 'everyone' }, [port])])])
  return made
}

const ask = async (headers: readonly string[], body?: string | Buffer): Promise<Http2Answer> =>
  await askHttp2(session, headers, body)

beforeAll(async () => {
  host = await RawHost.start(() => undefined)
  bed = await started({}, host.port)
})
beforeEach(async () => {
  host.forget()
  host.answerWith(ok)
  await until('the host is up', () => bed.gateway.plane.pools.list()[0]?.up === true, 15_000)
  session?.destroy()
  session = await openHttp2(bed.front)
})
afterAll(async () => {
  session.destroy()
  await bed.stop()
  await host.close()
  rmSync(folder, { recursive: true })
})

/** Lines of the one request that the host got, without what differs each time. */
function received(): string[] {
  return host.received
    .join('')
    .split('\r\n')
    .filter((line) => !line.startsWith('x-request-id'))
    .toSorted()
}

describe('a request by HTTP/2', () => {
  test('reaches the host as HTTP/1.1 with the same headers as one by HTTP/1.1', async () => {
    const headers = { 'x-a': '1', accept: 'text/html', 'x-latin': 'caf\xe9', te: 'trailers', cookie: 'a=1; b=2' }
    expect((await askTls(bed.front, '/x/../a?b', { headers: { ...headers, host: 'shop.test' } })).status).toBe(200)
    const byHttp1 = received().map((line) => line.replace(/^Host:/, 'host:'))
    host.received.length = 0
    const raw = [
      'x-a',
      '1',
      'accept',
      'text/html',
      'x-latin',
      'caf\xe9',
      'te',
      'trailers',
      'cookie',
      'a=1',
      'cookie',
      'b=2',
    ]
    const answer = await ask(getOf('/x/../a?b', ...raw))
    expect(answer).toMatchObject({ status: 200, text: 'ok' })
    expect(answer.headers['x-cofferdam-served-by']).toBe('cart@production/stable-build;host=1;layer=stable')
    expect(received()).toEqual(byHttp1)
    expect(received()).toContain('GET /a?b HTTP/1.1')
    expect(received()).toContain('x-forwarded-proto: https')
  })

  test('may have a body, small or large, with a length or without', async () => {
    const sizes: number[] = []
    const echo = await bed.host((request: IncomingMessage, response: ServerResponse) => {
      let size = 0
      request.on('data', (chunk: Buffer) => (size += chunk.length))
      request.on('end', () => {
        sizes.push(size)
        response.end(`${request.headers['content-length'] ?? 'chunked'} ${size}`)
      })
    })
    const other = await started({}, echo.port)
    const open = await openHttp2(other.front)
    const large = Buffer.alloc(1_000_000, 'a')
    expect((await askHttp2(open, postOf('/a'), 'abc')).text).toBe('chunked 3')
    expect((await askHttp2(open, postOf('/a', 'content-length', '3'), 'abc')).text).toBe('3 3')
    expect((await askHttp2(open, postOf('/a'), large)).text).toBe('chunked 1000000')
    expect((await askHttp2(open, postOf('/a', 'content-length', '1000000'), large)).text).toBe('1000000 1000000')
    // A length that the body does not have.
    await expect(askHttp2(open, postOf('/a', 'content-length', '5'), 'abc')).rejects.toThrow()
    expect(sizes).toEqual([3, 3, 1_000_000, 1_000_000])
    open.destroy()
    await other.stop()
  })

  test('beyond the limit of a body or of a head is told so', async () => {
    const small = await started({ maxBodyBytes: 10 }, host.port)
    const open = await openHttp2(small.front)
    expect((await askHttp2(open, postOf('/a', 'content-length', '11'), 'a'.repeat(11))).status).toBe(413)
    expect((await askHttp2(open, postOf('/a'), 'a'.repeat(11))).status).toBe(413)
    expect((await askHttp2(open, getOf('/a', 'x-a', 'a'.repeat(33_000)))).status).toBe(431)
    await expect(askHttp2(open, getOf('/a', 'x-a', 'a'.repeat(70_000)))).rejects.toThrow()
    // The connection is none the worse for it.
    expect((await askHttp2(open, getOf('/a'))).status).toBe(200)
    host.received.length = 0
    const many = Array.from({ length: 2_100 }, () => ['x', '1']).flat()
    await expect(askHttp2(open, getOf('/a', ...many))).rejects.toThrow()
    expect(host.received).toEqual([])
    open.destroy()
    await small.stop()
  })

  test('is refused when it can be read in two ways, and the connection goes on', async () => {
    const answer = await ask(getOf('/a', 'host', 'other.test'))
    expect(answer.status).toBe(400)
    expect(answer.headers['x-cofferdam-refused']).toBe('malformed')
    const authority = getOf('/a').map((text) => (text === 'shop.test' ? 'u@shop.test' : text))
    await expect(ask(authority)).rejects.toThrow('PROTOCOL_ERROR')
    await expect(ask(getOf('/a b'))).rejects.toThrow('PROTOCOL_ERROR')
    expect(host.received).toEqual([])
    expect((await ask(getOf('/a'))).status).toBe(200)
  })

  test('with a header of HTTP/1.1 connections never leaves', async () => {
    for (const header of [
      ['connection', 'close'],
      ['transfer-encoding', 'chunked'],
      ['upgrade', 'h2c'],
      ['X-Upper', '1'],
    ]) {
      const { reset, status } = await talkFrames([headersFrame(1, [...getOf('/a'), ...header])])
      expect(reset || status === 400).toBe(true)
    }
    expect(host.received).toEqual([])
    // The twin: the same bytes without such a header.
    expect(await talkFrames([headersFrame(1, getOf('/a'))])).toMatchObject({ reset: false, status: 200 })
    expect(host.received.join('')).toContain('GET /a HTTP/1.1\r\n')
  })
})

describe('an answer by HTTP/2', () => {
  test('has its trailers, its hints, each cookie, and nothing of the connection', async () => {
    host.answerWith(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n' +
        'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: 1\r\nConnection: keep-alive\r\nX-B: caf\xe9\r\n\r\n2\r\nok\r\n0\r\nX-T: 3\r\n\r\n',
    )
    const answer = await ask(getOf('/a'))
    expect(answer).toMatchObject({ status: 200, text: 'ok', hints: [103] })
    expect(answer.trailers['x-t']).toBe('3')
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(answer.headers['x-b']).toBe('caf\xe9')
    for (const name of ['connection', 'keep-alive', 'transfer-encoding']) expect(answer.headers[name]).toBeUndefined()
  })

  test('without a body has none: HEAD, 204, 304', async () => {
    host.answerWith('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
    const head = getOf('/a').map((text) => (text === 'GET' ? 'HEAD' : text))
    expect(await ask(head)).toMatchObject({ status: 200, text: '', headers: { 'content-length': '100' } })
    host.answerWith('HTTP/1.1 204 No Content\r\n\r\n')
    expect(await ask(getOf('/a'))).toMatchObject({ status: 204, text: '' })
    host.answerWith('HTTP/1.1 304 Not Modified\r\n\r\n')
    expect(await ask(getOf('/a'))).toMatchObject({ status: 304, text: '' })
  })

  test('that is cut by the host is not whole for the client', async () => {
    host.answerWith('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok', true)
    await expect(ask(getOf('/a'))).rejects.toThrow(/PROTOCOL_ERROR|INTERNAL_ERROR/)
    host.answerWith('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', true)
    await expect(ask(getOf('/a'))).rejects.toThrow(/INTERNAL_ERROR/)
  })

  test('that a client does not read waits, at constant memory, and comes whole', async () => {
    const size = 20_000_000
    const part = Buffer.alloc(size / 400, 'a')
    let taken = 0
    let waits = false
    const large = await bed.host((_request: IncomingMessage, response: ServerResponse) => {
      const go = (): void => {
        waits = false
        while (taken < size && !waits) {
          taken += part.length
          waits = !response.write(part)
        }
        if (taken >= size) response.end()
      }
      response.on('drain', go)
      go()
    })
    const other = await started({}, large.port)
    const open = await openHttp2(other.front)
    const stream = open.request(getOf('/a'))
    stream.pause()
    await new Promise((resolve) => stream.once('response', resolve))
    await until('the host waits', () => taken > 0 && waits, 15_000)
    expect(taken).toBeLessThan(size / 2)
    let got = 0
    stream.on('data', (chunk: Buffer) => (got += chunk.length))
    stream.resume()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(got).toBe(size)
    open.destroy()
    await other.stop()
  })
})

describe('a client that leaves', () => {
  test('one stream takes its request from the host, the others go on', async () => {
    host.answerWith('')
    const left = session.request(getOf('/left'))
    left.on('error', () => undefined)
    await until('it arrived', () => host.received.join('').includes('GET /left'), 15_000)
    const { counters, pools } = bed.gateway.plane
    expect(counters.inFlight).toBe(1)
    left.close(constants.NGHTTP2_CANCEL)
    await until('nothing is in flight', () => counters.inFlight === 0 && pools.list()[0]?.inFlight === 0, 15_000)
    host.answerWith(ok)
    expect((await ask(getOf('/a'))).status).toBe(200)
  })

  test('with the connection takes all of them', async () => {
    host.answerWith('')
    for (let i = 0; i < 5; i += 1) session.request(getOf('/left')).on('error', () => undefined)
    const { counters } = bed.gateway.plane
    await until('they arrived', () => counters.inFlight === 5, 15_000)
    session.destroy()
    await until('nothing is in flight', () => counters.inFlight === 0, 15_000)
  })
})

describe('what a layer gets', () => {
  test('is decided alike for HTTP/2 and HTTP/1.1: by session, by key, by header', async () => {
    const hosts = ['stable', 'canary', 'k1'].map(async (name) => {
      const one = await bed.host((_request: IncomingMessage, response: ServerResponse) => response.end(name))
      return one.port
    })
    const [stable = 0, canary = 0, key = 0] = await Promise.all(hosts)
    const layers = [
      layerOf('k1', { kind: 'key', key: 'k1' }, [key]),
      layerOf('canary', { kind: 'share', from: 0, to: 0.5 }, [canary]),
      layerOf('stable', { kind: 'everyone' }, [stable]),
    ]
    const dealt = await TestBed.start(quiet)
    dealt.frontDoor = { tls: [pair] }
    await dealt.apply([serviceOf('cart', '/', layers, true)])
    const open = await openHttp2(dealt.front)
    const first = await askHttp2(open, getOf('/a'))
    const cookie = String(first.headers['set-cookie']?.[0])
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax; Secure$/)
    const seen = new Set<string>()
    for (let i = 0; i < 12; i += 1) {
      const session = `cofferdam-session=${String(i).padStart(22, 'x')}`
      const name = cookie.slice(0, cookie.indexOf('='))
      const value = session.replace('cofferdam-session', name)
      const byHttp2 = await askHttp2(open, getOf('/a', 'cookie', 'other=1', 'cookie', value))
      const byHttp1 = await askTls(dealt.front, '/a', { headers: { host: 'shop.test', cookie: `other=1; ${value}` } })
      expect(byHttp2.text).toBe(byHttp1.text)
      seen.add(byHttp2.text)
    }
    expect([...seen].toSorted()).toEqual(['canary', 'stable'])
    for (const headers of [
      { 'x-cofferdam-key': 'k1' },
      { baggage: 'cofferdam.key=k1' },
      { cookie: 'cofferdam-key=k1' },
    ]) {
      const raw = Object.entries(headers).flat()
      expect((await askHttp2(open, getOf('/a', ...raw))).text).toBe('k1')
      expect((await askTls(dealt.front, '/a', { headers: { host: 'shop.test', ...headers } })).text).toBe('k1')
    }
    open.destroy()
    await dealt.stop()
  })
})

describe('one connection', () => {
  const bounds = { maxNuisances: 20, nuisancesPerSecond: 1, maxStreams: 10 }

  async function endOf(open: ClientHttp2Session): Promise<number> {
    return await new Promise((resolve) => {
      let code = -1
      open.on('goaway', (given: number) => (code = given))
      if (open.destroyed) resolve(code)
      open.on('close', () => resolve(code))
    })
  }

  test('that opens and resets without end is ended', async () => {
    const bounded = await started(bounds, host.port)
    host.answerWith('')
    const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL])
    const frames = Array.from({ length: 300 }, (_, at) => [
      headersFrame(2 * at + 1, getOf('/a')),
      frame(3, 0, 2 * at + 1, cancel),
    ])
    const { closed, goaway } = await talkFrames(frames.flat(), bounded.front)
    expect(closed).toBe(true)
    // In one piece they are bounded by the protocol's library, one by one by ourselves.
    expect([constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_ENHANCE_YOUR_CALM]).toContain(goaway)
    const { counters } = bounded.gateway.plane
    await until('nothing is in flight', () => counters.inFlight === 0, 15_000)
    // The host was not asked for more than the bound, and others are served.
    const aborted = /code="aborted"\} (\d+)/.exec(bounded.gateway.metrics())?.[1]
    expect(Number(aborted ?? 0)).toBeLessThanOrEqual(2 * bounds.maxNuisances + 1)
    host.answerWith(ok)
    const other = await openHttp2(bounded.front)
    expect((await askHttp2(other, getOf('/a'))).status).toBe(200)
    other.destroy()
    await bounded.stop()
  })

  test('that only asks for many things goes on', async () => {
    const bounded = await started(bounds, host.port)
    const open = await openHttp2(bounded.front)
    for (let i = 0; i < 10; i += 1) {
      const answers = await Promise.all(Array.from({ length: 10 }, async () => await askHttp2(open, getOf('/a'))))
      expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 200))
    }
    open.destroy()
    await bounded.stop()
  })

  test.each(['PING', 'SETTINGS'])('that sends %s without end is ended', async (kind) => {
    const bounded = await started(bounds, host.port)
    const ping = frame(6, 0, 0, Buffer.alloc(8))
    const frames = Array.from({ length: 200 }, () => (kind === 'PING' ? ping : frame(4, 0, 0)))
    const { closed, goaway } = await talkFrames(frames, bounded.front)
    expect(closed).toBe(true)
    expect(goaway).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    expect(bounded.gateway.metrics()).toContain('cofferdam_refused_total{rule="flood"} 1')
    await bounded.stop()
  })

  test('has so many requests under way and no more', async () => {
    const bounded = await started(bounds, host.port)
    host.answerWith('')
    const open = await openHttp2(bounded.front)
    await until('its bound is known', () => open.remoteSettings.maxConcurrentStreams === 10)
    const frames = Array.from({ length: 12 }, (_, at) => headersFrame(2 * at + 1, getOf('/a')))
    const { refusedStreams } = await talkFrames(frames, bounded.front, (seen) => seen.refusedStreams >= 2)
    expect(refusedStreams).toBe(2)
    open.destroy()
    await bounded.stop()
  })

  test('that idles is closed; one with a request that goes on is not', async () => {
    const bounded = await started({ idleMs: 300 }, host.port)
    const open = await openHttp2(bounded.front)
    expect((await askHttp2(open, getOf('/a'))).status).toBe(200)
    expect(await endOf(open)).toBeLessThanOrEqual(constants.NGHTTP2_NO_ERROR)
    await bounded.stop()
  })

  test('gets its answers when the gateway stops, and is told to go', async () => {
    const bounded = await started({}, host.port)
    host.answerWith('')
    const open = await openHttp2(bounded.front)
    const answer = askHttp2(open, getOf('/a'))
    await until('it arrived', () => bounded.gateway.plane.counters.inFlight === 1, 15_000)
    const ended = endOf(open)
    const stopped = bounded.gateway.stop(10_000)
    host.answerWith(ok)
    host.say(ok)
    expect((await answer).status).toBe(200)
    expect(await ended).toBe(constants.NGHTTP2_NO_ERROR)
    await stopped
    await bounded.stop()
  })
})

test('curl speaks HTTP/2 with it, where there is one', async () => {
  const curl = promisify(execFile)
  const version = await curl('curl', ['--version']).catch(() => undefined)
  if (version === undefined || !version.stdout.includes('HTTP2')) return
  const resolved = ['--resolve', `shop.test:${bed.front}:127.0.0.1`, '--cacert', pair.certificate]
  const args = ['-s', '--http2', ...resolved, '-w', ' %{http_version} %{http_code}', `https://shop.test:${bed.front}/a`]
  expect((await curl('curl', args)).stdout).toBe('ok 2 200')
})

// Frames by hand: for what a client of Node would not send. RFC 9113, 4.1; RFC 7541 without the dynamic table.
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

function headersFrame(stream: number, headers: readonly string[]): Buffer {
  const fields: Buffer[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name, value] = [Buffer.from(headers[i]!, 'latin1'), Buffer.from(headers[i + 1]!, 'latin1')]
    fields.push(Buffer.from([0, name.length]), name, Buffer.from([value.length]), value)
  }
  return frame(1, constants.NGHTTP2_FLAG_END_STREAM | constants.NGHTTP2_FLAG_END_HEADERS, stream, Buffer.concat(fields))
}

interface SeenFrames {
  /** A stream was reset, for another reason than that there were too many. */
  reset: boolean
  refusedStreams: number
  status: number | undefined
  goaway: number | undefined
  closed: boolean
}

/** Sends a preface and frames, and reads until something ends: a stream, the connection, or what `isEnough` says. */
async function talkFrames(
  frames: readonly Buffer[],
  port = bed.front,
  isEnough: (seen: SeenFrames) => boolean = ({ reset, status }) => reset || status !== undefined,
): Promise<SeenFrames> {
  return await new Promise((resolve) => {
    const seen: SeenFrames = { reset: false, refusedStreams: 0, status: undefined, goaway: undefined, closed: false }
    let rest = Buffer.alloc(0)
    const to = { host: '127.0.0.1', port, ALPNProtocols: ['h2'], rejectUnauthorized: false }
    const socket = connect(to, () => {
      socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0), ...frames]))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve({ ...seen, closed: true }))
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const length = rest.readUIntBE(0, 3)
        note(seen, rest.readUInt8(3), rest.subarray(9, 9 + length))
        rest = rest.subarray(9 + length)
      }
      if (!isEnough(seen)) return
      socket.removeAllListeners('close')
      socket.destroy()
      resolve(seen)
    })
  })
}

function note(seen: SeenFrames, type: number, payload: Buffer): void {
  if (type === 3 && payload.readUInt32BE(0) === constants.NGHTTP2_REFUSED_STREAM) seen.refusedStreams += 1
  else if (type === 3) seen.reset = true
  else if (type === 7) seen.goaway = payload.readUInt32BE(4)
  // `:status` 200 and 400 are entries 8 and 12 of the static table (RFC 7541, appendix A).
  else if (type === 1) seen.status = payload[0] === 0x88 ? 200 : payload[0] === 0x8c ? 400 : 0
}
