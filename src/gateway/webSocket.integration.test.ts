import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TableService } from '../domain/routing/table.ts'
import { RawHost, talk, untilClosed } from './rawTalk.fixture.ts'
import { layerOf, serviceOf, TestBed, until } from './testBed.ts'
import { acceptOf } from './webSocket.ts'

const everyone = { kind: 'everyone' } as const
const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const handshake = (path = '/ws'): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`
const switching = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`
const hello = '\x81\x05hello'

function closeCode(text: string): number | undefined {
  const at = text.lastIndexOf('\x88')
  return at === -1 ? undefined : text.charCodeAt(at + 2) * 256 + text.charCodeAt(at + 3)
}

let bed: TestBed
let hosts: RawHost[] = []

beforeEach(async () => {
  bed = await TestBed.start({ healthTimeoutMs: 15_000, tunnelGraceMs: 300, tunnelCloseMs: 500, cellMs: 200 })
})
afterEach(async () => {
  await bed.stop()
  for (const host of hosts) await host.close()
  hosts = []
})

/** A host that agrees to every handshake and then sends back what it gets. */
async function echoHost(): Promise<RawHost> {
  const joined = new WeakSet<Socket>()
  let at = 0
  const host = await RawHost.start((asked, socket) => {
    if (joined.has(socket)) {
      socket.write(asked.slice(at), 'latin1')
      at = asked.length
    } else if (asked.includes('\r\n\r\n')) {
      joined.add(socket)
      at = asked.indexOf('\r\n\r\n') + 4
      socket.write(switching + asked.slice(at), 'latin1')
      at = asked.length
    }
  })
  hosts.push(host)
  return host
}

async function rawHost(answer: (asked: string, socket: Socket) => void): Promise<RawHost> {
  const host = await RawHost.start(answer)
  hosts.push(host)
  return host
}

function stable(host: RawHost): TableService {
  return serviceOf('chat', '/', [layerOf('stable', everyone, [host.port])])
}

/** An open WebSocket of a client, and all that came after the handshake. */
class Client {
  text = ''
  isClosed = false
  readonly socket: Socket

  constructor(port: number, path?: string) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => undefined)
    this.socket.on('data', (chunk) => (this.text += chunk.toString('latin1')))
    this.socket.on('close', () => (this.isClosed = true))
    this.socket.write(handshake(path), 'latin1')
  }

  async open(): Promise<this> {
    await until('it is open', () => this.text.includes('\r\n\r\n'), 10_000)
    expect(this.text).toMatch(/^HTTP\/1\.1 101 /)
    return this
  }

  get frames(): string {
    return this.text.slice(this.text.indexOf('\r\n\r\n') + 4)
  }
}

async function openClient(port = bed.front): Promise<Client> {
  return await new Client(port).open()
}

async function counted(): Promise<{ requests: number; bad: number; aborted: number; byCode: Record<string, number> }> {
  await bed.gateway.cells.nextCut(2_000)
  const sum = { requests: 0, bad: 0, aborted: 0, byCode: {} as Record<string, number> }
  for (const cell of bed.gateway.cells.after(0).cells) {
    sum.requests += cell.requests
    sum.bad += cell.bad
    sum.aborted += cell.aborted
    for (const [code, count] of Object.entries(cell.byCode)) sum.byCode[code] = (sum.byCode[code] ?? 0) + count
  }
  return sum
}

describe('a WebSocket', () => {
  test('passes front and back doors both ways, is counted once by its handshake and is not in flight', async () => {
    const host = await echoHost()
    await bed.apply([stable(host)])
    for (const port of [bed.front, bed.back]) {
      const client = await openClient(port)
      expect(client.text).toContain('x-cofferdam-served-by: chat@production/stable-build;host=1;layer=stable\r\n')
      client.socket.write(hello, 'latin1')
      await until('the echo is there', () => client.frames === hello)
      expect(bed.gateway.plane.counters.inFlight).toBe(0)
      client.socket.destroy()
      await until('the host saw the end', () => bed.gateway.plane.tunnels.count === 0)
    }
    expect(await counted()).toEqual({ requests: 2, bad: 0, aborted: 0, byCode: { '1xx': 2 } })
    expect(host.received.join('')).toMatch(/\r\nconnection: upgrade\r\nupgrade: websocket\r\n/i)
  })

  test('what the client sends ahead of the answer reaches the host after it agreed', async () => {
    await bed.apply([stable(await echoHost())])
    const client = new Client(bed.front)
    client.socket.write(hello, 'latin1')
    await until('the echo is there', () => client.frames === hello)
    client.socket.destroy()
  })

  test('that the host refuses is an answer like any other; nothing after it reaches the host', async () => {
    const host = await rawHost((asked, socket) => {
      if (asked.includes('\r\n\r\n')) socket.write('HTTP/1.1 426 U\r\nContent-Length: 2\r\n\r\nno')
    })
    await bed.apply([stable(host)])
    const { statuses, closed } = await talk(
      bed.front,
      `${handshake()}GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`,
      untilClosed,
    )
    expect(statuses).toEqual([426])
    expect(closed).toBe(true)
    expect(host.received.join('')).not.toContain('smuggled')
    expect(await counted()).toMatchObject({ requests: 1, bad: 0, byCode: { '4xx': 1 } })
  })

  test('that is asked for behind a request that is not answered yet is not begun', async () => {
    const slow = await rawHost((asked, socket) => {
      if (asked.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    await bed.apply([stable(slow)])
    const bytes = `GET /a HTTP/1.1\r\nHost: x\r\n\r\n${handshake()}`
    const { statuses } = await talk(bed.front, bytes, ({ text }) => text.split('\r\n\r\nok').length > 2)
    expect(statuses).toEqual([200, 200])
    expect(slow.received.join('')).not.toMatch(/\r\nupgrade:/i)
  })

  test.each([
    ['another accept', switching.replace(acceptOf(key), 'AAAA')],
    ['no accept', switching.replace(/Sec-.*\r\n/, '')],
    ['another protocol', switching.replace('websocket', 'h2c')],
  ])('to which a host answers with %s is a 502', async (_name, answer) => {
    const host = await rawHost((asked, socket) => void (asked.includes('\r\n\r\n') && socket.write(answer)))
    await bed.apply([stable(host)])
    const { statuses, text } = await talk(bed.front, handshake(), untilClosed)
    expect(statuses).toEqual([502])
    expect(text).toContain('x-cofferdam-refused: upstream-failed')
    expect(await counted()).toMatchObject({ requests: 1, bad: 1 })
  })

  test('is routed like a request: no route, and no room', async () => {
    const host = await echoHost()
    await bed.apply([serviceOf('chat', '/chat', [layerOf('stable', everyone, [host.port])])])
    const { statuses, text } = await talk(bed.front, handshake('/chat/../x'), untilClosed)
    expect(statuses).toEqual([404])
    expect(text).toContain('x-cofferdam-refused: no-route')
    const full = await TestBed.start({ maxTunnels: 0, healthTimeoutMs: 15_000 })
    await full.apply([stable(host)])
    expect((await talk(full.front, handshake(), untilClosed)).text).toContain('x-cofferdam-refused: overloaded')
    await full.stop()
    expect(host.received.join('')).toBe('')
  })
})

describe('the host of a WebSocket', () => {
  test('leaves the table: 1012 after the grace, both sides closed; one that stays, stays', async () => {
    const [first, second] = [await echoHost(), await echoHost()]
    const both = (ports: number[]): TableService => serviceOf('chat', '/', [layerOf('stable', everyone, ports)])
    await bed.apply([both([first.port, second.port])])
    const clients = [await openClient(), await openClient()]
    await bed.apply([both([first.port])])
    const sinceMs = performance.now()
    await until('one is closed', () => clients.some((client) => client.isClosed))
    expect(performance.now() - sinceMs).toBeGreaterThan(250)
    const [left] = clients.filter((client) => client.isClosed)
    const [stays] = clients.filter((client) => !client.isClosed)
    expect(closeCode(left!.frames)).toBe(1012)
    expect(second.received.join('')).toContain('\x03\xf4')
    stays!.socket.write(hello, 'latin1')
    await until('the other still speaks', () => stays!.frames === hello)
    expect(bed.gateway.plane.tunnels.count).toBe(1)
  })

  test('ends while it leaves: 1012 at once', async () => {
    const [first, second] = [await echoHost(), await echoHost()]
    await bed.apply([stable(first)])
    const client = await openClient()
    await bed.apply([stable(second)])
    first.forget()
    await until('it is closed', () => client.isClosed)
    expect(closeCode(client.frames)).toBe(1012)
  })

  test('is in a layer that nobody watches any more: 1012', async () => {
    const [canary, other] = [await echoHost(), await echoHost()]
    const share = layerOf('canary', { kind: 'share', from: 0, to: 1 }, [canary.port], { watchedForMs: 400 })
    await bed.apply([serviceOf('chat', '/', [share, layerOf('stable', everyone, [other.port])])])
    const client = await openClient()
    expect(client.text).toContain('layer=canary')
    await until('it is closed', () => client.isClosed)
    expect(closeCode(client.frames)).toBe(1012)
    expect((await openClient()).text).toContain('layer=stable')
  })

  test('is in the middle of a frame: that frame arrives whole before the 1012', async () => {
    const long = `\x82\x7e\x01\x00${'a'.repeat(256)}`
    let finish = (): void => undefined
    const host = await rawHost((asked, socket) => {
      if (!asked.endsWith('\r\n\r\n')) return
      socket.write(switching + long.slice(0, 100), 'latin1')
      finish = () => socket.write(`${long.slice(100)}${hello}`, 'latin1')
    })
    await bed.apply([stable(host)])
    const client = await openClient()
    await until('the frame has begun', () => client.frames.length === 100)
    await bed.apply([stable(await echoHost())])
    await until('it is told to close', () => host.received.join('').includes('\x03\xf4'))
    finish()
    await until('it is closed', () => client.isClosed)
    expect(client.frames.startsWith(long)).toBe(true)
    expect(closeCode(client.frames)).toBe(1012)
  })
})

describe('a WebSocket ends', () => {
  test('when nothing moves for the idle time; not while something does', async () => {
    await bed.stop()
    bed = await TestBed.start({ idleMs: 1_500, healthTimeoutMs: 15_000 })
    await bed.apply([stable(await echoHost())])
    const [idle, busy] = [await openClient(), await openClient()]
    const timer = setInterval(() => busy.socket.write(hello, 'latin1'), 100)
    await until('the idle one is closed', () => idle.isClosed, 10_000)
    clearInterval(timer)
    expect(closeCode(idle.frames)).toBe(1001)
    expect(busy.isClosed).toBe(false)
  })

  test('with the gateway, in words', async () => {
    await bed.apply([stable(await echoHost())])
    const client = await openClient()
    await bed.gateway.stop(2_000)
    await until('it is closed', () => client.isClosed)
    expect(closeCode(client.frames)).toBe(1001)
  })

  test('with its client, and with its host', async () => {
    const host = await echoHost()
    await bed.apply([stable(host)])
    const client = await openClient()
    client.socket.end()
    await until('both are closed', () => client.isClosed && bed.gateway.plane.tunnels.count === 0)
    const other = await openClient()
    host.forget()
    await until('both are closed', () => other.isClosed && bed.gateway.plane.tunnels.count === 0)
    expect(closeCode(other.frames)).toBeUndefined()
  })
})

describe('back-pressure', () => {
  const chunk = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)])
  const size = 400 * chunk.length

  /** Writes `size` bytes as fast as they are taken. @returns how many were written so far. */
  function pour(socket: Socket): () => number {
    let written = 0
    const more = (): void => {
      while (written < size && !socket.destroyed) {
        written += chunk.length
        if (!socket.write(chunk)) return void socket.once('drain', more)
      }
    }
    more()
    return () => written
  }

  async function untilSteady(count: () => number): Promise<void> {
    let before = -1
    await until(
      'the writer waits',
      async () => {
        const isSteady = count() > 0 && count() === before
        before = count()
        await new Promise((resolve) => setTimeout(resolve, 200))
        return isSteady
      },
      15_000,
    )
  }

  test('from a slow client to its host: little is held, everything arrives', async () => {
    let written = (): number => 0
    const host = await rawHost((asked, socket) => {
      if (!asked.includes('\r\n\r\n')) return
      socket.write(switching)
      written = pour(socket)
    })
    await bed.apply([stable(host)])
    const socket = connect(bed.front, '127.0.0.1')
    let received = 0
    socket.once('data', (first) => {
      received += first.length
      socket.pause()
    })
    socket.write(handshake())
    await untilSteady(() => written())
    expect(written()).toBeLessThan(size / 2)
    socket.on('data', (data) => (received += data.length))
    socket.resume()
    await until('everything is there', () => received >= size, 15_000)
    socket.destroy()
  })

  test('from a slow host to its client', async () => {
    let release = (): void => undefined
    let received = 0
    const host = await rawHost((asked, socket) => {
      if (!asked.includes('\r\n\r\n')) return
      socket.write(switching)
      socket.removeAllListeners('data')
      socket.pause()
      release = () => {
        socket.on('data', (data) => (received += data.length))
        socket.resume()
      }
    })
    await bed.apply([stable(host)])
    const client = await openClient()
    const written = pour(client.socket)
    await untilSteady(written)
    expect(written()).toBeLessThan(size / 2)
    release()
    await until('everything is there', () => received >= size, 15_000)
    const closed = once(client.socket, 'close')
    client.socket.destroy()
    await closed
  })
})
