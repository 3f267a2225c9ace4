import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { GatewayLimits } from './limits.ts'
import { RawHost, talk, untilClosed } from './rawTalk.fixture.ts'
import { layerOf, serviceOf, TestBed, until } from './testBed.ts'

const everyone = { kind: 'everyone' } as const
const graceMs = 700
const slowTestMs = 90_000
let bed: TestBed
let host: RawHost

/** A host that answers once a body has ended in a row of x, or in its last chunk. */
async function start(limits: Partial<GatewayLimits>): Promise<void> {
  bed = await TestBed.start({ healthTimeoutMs: 15_000, cellMs: 200, ...limits })
  host = await RawHost.start((asked, socket) => {
    if (/x{900}$|\r\n0\r\n\r\n$/.test(asked)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
}
afterEach(async () => {
  await bed.stop()
  await host.close()
}, slowTestMs)

async function counted(): Promise<{ requests: number; bad: number; aborted: number }> {
  const sum = { requests: 0, bad: 0, aborted: 0 }
  await bed.gateway.cells.nextCut(2_000)
  for (const cell of bed.gateway.cells.after(0).cells) {
    sum.requests += cell.requests
    sum.bad += cell.bad
    sum.aborted += cell.aborted
  }
  return sum
}

/** Sends a head, then pieces one after the other, until the other side has closed, or `enough` and then the end. */
async function trickle(
  head: string,
  piece: { readonly text: string; readonly everyMs: number },
  enough: { readonly afterMs: number; readonly end: string } = { afterMs: Infinity, end: '' },
): Promise<string> {
  const startedAtMs = performance.now()
  return await new Promise((resolve) => {
    let text = ''
    const socket = connect(bed.front, '127.0.0.1')
    const timer = setInterval(() => {
      const isEnough = performance.now() - startedAtMs > enough.afterMs
      socket.write(isEnough ? enough.end : piece.text)
      if (isEnough) clearInterval(timer)
    }, piece.everyMs)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (text.endsWith('\r\n\r\nok')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve(text)
    })
    socket.write(head)
  })
}

const post = 'POST / HTTP/1.1\r\nHost: x\r\n'
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`

describe(
  'a body',
  () => {
    test.each([
      ['small, read whole', `${post}Content-Length: 4000\r\n\r\n`, 'x'],
      ['large, streamed', `${post}Content-Length: 40000\r\n\r\n`, 'x'],
      ['in chunks', chunked, '1\r\nx\r\n'],
    ])('that comes too slowly is answered with 408 and is nobody else’s fault: %s', async (_, head, text) => {
      await start({ bodyGraceMs: graceMs, bodyBytesPerSecond: 20 })
      const startedAtMs = performance.now()
      const answer = await trickle(head, { text, everyMs: 200 })
      expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*x-cofferdam-refused: too-slow\r\n/)
      expect(answer).toMatch(/connection: close/i)
      expect(performance.now() - startedAtMs).toBeGreaterThan(graceMs)
      await until('nothing is in flight', () => bed.gateway.plane.counters.inFlight === 0)
      expect(await counted()).toMatchObject({ requests: 0, bad: 0, aborted: 1 })
    })

    test('that is slow but above the rate arrives, although it takes longer than the grace', async () => {
      await start({ bodyGraceMs: graceMs, bodyBytesPerSecond: 20 })
      const piece = { text: `384\r\n${'y'.repeat(900)}\r\n`, everyMs: 50 }
      const answer = await trickle(chunked, piece, { afterMs: 3 * graceMs, end: '0\r\n\r\n' })
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(await counted()).toMatchObject({ requests: 1, bad: 0, aborted: 0 })
    })

    test('whose client pauses for longer than a first byte may take is not held against its host', async () => {
      await start({ firstByteMs: 600 })
      const head = `${post}Content-Length: 20900\r\n\r\n${'y'.repeat(20_000)}`
      const answer = await trickle(head, { text: '', everyMs: 50 }, { afterMs: 2_000, end: 'x'.repeat(900) })
      expect(answer).toMatch(/^HTTP\/1\.1 (?!408)/)
      // A machine that stands still may make the host itself late; what counts is that it was asked to the end.
      expect(host.received.join('')).toMatch(/x{900}$/)
    })

    test('of which the host has everything, and says nothing, is held against that host', async () => {
      await start({ firstByteMs: 600 })
      const bytes = `${post}Content-Length: 20000\r\n\r\n${'y'.repeat(20_000)}`
      expect((await talk(bed.front, bytes, untilClosed)).statuses).toEqual([504])
      expect(await counted()).toMatchObject({ requests: 1, bad: 1 })
    })

    test('that its host does not read is not the client’s slowness', async () => {
      const size = 32 * 1024 * 1024
      // Time alone would have it be too slow: no byte buys any.
      await start({ bodyGraceMs: graceMs, bodyBytesPerSecond: 1e12 })
      const startedAtMs = performance.now()
      const slow = await bed.host((request, response) => {
        setTimeout(() => request.resume(), 2 * graceMs)
        request.on('end', () => response.end('ok'))
      })
      await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [slow.port])])])
      const bytes = `${post}Connection: close\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`
      expect((await talk(bed.front, bytes, untilClosed)).statuses).toEqual([200])
      expect(performance.now() - startedAtMs).toBeGreaterThan(2 * graceMs)
    })
  },
  slowTestMs,
)

describe(
  'a reader',
  () => {
    const size = 32 * 1024 * 1024
    let isCut = false

    async function startPouring(): Promise<void> {
      isCut = false
      await start({ idleMs: 1_500 })
      const pouring = await bed.host((_request, response) => {
        response.on('close', () => (isCut = !response.writableFinished))
        response.writeHead(200, { 'content-length': size }).end(Buffer.alloc(size))
      })
      await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [pouring.port])])])
    }

    test('that takes nothing is given up, and its host is told', async () => {
      await startPouring()
      const socket = connect(bed.front, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.pause()
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await until('it is in flight', () => bed.gateway.plane.counters.inFlight === 1)
      await until('it is given up', () => bed.gateway.plane.counters.inFlight === 0, 60_000)
      await until('the host knows', () => isCut)
      socket.destroy()
      expect(await counted()).toMatchObject({ requests: 0, aborted: 1 })
    })

    test('that takes a little at a time, for longer than that, gets everything', async () => {
      await startPouring()
      const startedAtMs = performance.now()
      let received = 0
      const socket = connect(bed.front, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        received += chunk.length
        if (performance.now() - startedAtMs < 4_000) socket.pause()
      })
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      const timer = setInterval(() => socket.resume(), 20)
      await until('everything is there', () => received > size, 60_000)
      clearInterval(timer)
      socket.destroy()
      expect(performance.now() - startedAtMs).toBeGreaterThan(4_000)
      expect(isCut).toBe(false)
    })
  },
  slowTestMs,
)
