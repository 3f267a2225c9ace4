import { connect, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cell } from './cells.ts'
import { ask, exchangeBytes, freePort, layerOf, serviceOf, TestBed, until } from './testBed.ts'

const everyone = { kind: 'everyone' } as const
const half = { kind: 'share', from: 0, to: 0.5 } as const
let bed: TestBed

beforeEach(async () => {
  bed = await TestBed.start({ firstByteMs: 300, healthEveryMs: 200, healthTimeoutMs: 200, askAgainMs: 50, cellMs: 100 })
})
afterEach(async () => {
  await bed.stop()
})

interface Sum {
  readonly requests: number
  readonly bad: number
  readonly aborted: number
  readonly durations: number
  readonly byCode: Readonly<Record<string, number>>
}

/** All cells of a layer since the start, after the next cut. */
async function counted(layer: string): Promise<Sum> {
  await bed.gateway.cells.nextCut(2_000)
  const cells = bed.gateway.cells.after(0).cells.filter((cell: Cell) => cell.layer === layer)
  const byCode: Record<string, number> = {}
  for (const cell of cells)
    for (const [code, count] of Object.entries(cell.byCode)) byCode[code] = (byCode[code] ?? 0) + count
  const total = (of: (cell: Cell) => number): number => cells.reduce((sum, cell) => sum + of(cell), 0)
  return {
    requests: total((cell) => cell.requests),
    bad: total((cell) => cell.bad),
    aborted: total((cell) => cell.aborted),
    durations: total((cell) => cell.durations.reduce((sum, [, count]) => sum + count, 0)),
    byCode,
  }
}

function isUp(port: number): boolean {
  return bed.gateway.plane.pools.list().some((host) => host.address === `127.0.0.1:${port}` && host.up)
}

describe('a host that does not answer', () => {
  test('refused: an idempotent request goes to another host, and counts once, as bad, where it failed', async () => {
    const good = await bed.host((_request, response) => response.end('good'))
    const dead = await freePort()
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [good.port, dead])])])
    const answers = await Promise.all([1, 2, 3, 4].map(async () => await ask(bed.front, '/')))
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200])
    const sum = await counted('stable')
    expect(sum.requests).toBe(4)
    expect(sum.bad).toBeGreaterThan(0)
    expect(bed.gateway.plane.counters.retries).toBe(sum.bad)
    expect(isUp(dead)).toBe(false)
    expect(isUp(good.port)).toBe(true)
  })

  test('refused: a POST is not sent again; the answer names the host', async () => {
    const dead = await freePort()
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [dead])])])
    const answer = await ask(bed.front, '/', { method: 'POST', body: 'x' })
    expect(answer).toMatchObject({
      status: 502,
      headers: { 'x-cofferdam-refused': 'upstream-failed', 'x-cofferdam-served-by': expect.stringContaining('host=1') },
    })
    expect(JSON.parse(answer.text)).toMatchObject({ status: 502, code: 'upstream-failed' })
    expect(await counted('stable')).toMatchObject({ requests: 1, bad: 1, byCode: { '5xx': 1 } })
    expect((await ask(bed.front, '/')).headers['x-cofferdam-refused']).toBe('no-host')
  })

  test('reset: a POST is not sent again although another host would answer; a GET is', async () => {
    const good = await bed.host((_request, response) => response.end('good'))
    const resets = await bed.host((request) => request.socket.destroy())
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [good.port, resets.port])])])
    const post = { method: 'POST', body: 'x' }
    const posts = [await ask(bed.front, '/', post), await ask(bed.front, '/', post)]
    expect(posts.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 502])
    expect(bed.gateway.plane.counters.retries).toBe(0)
    const gets = [await ask(bed.front, '/'), await ask(bed.front, '/')]
    expect(gets.map(({ status }) => status)).toEqual([200, 200])
    expect(bed.gateway.plane.counters.retries).toBeGreaterThan(0)
  })

  test('a dead layer is stood in for, says so, and answers again when it is back', async () => {
    const stable = await bed.host((_request, response) => response.end('stable'))
    const port = await freePort()
    const canary = layerOf('canary', { kind: 'share', from: 0, to: 1 }, [port])
    await bed.apply([serviceOf('cart', '/', [canary, layerOf('stable', everyone, [stable.port])])])
    expect(await ask(bed.front, '/')).toMatchObject({ status: 200, text: 'stable' })
    await until('the canary is down', () => !isUp(port))
    expect((await ask(bed.front, '/')).headers['x-cofferdam-served-by']).toBe(
      'cart@production/stable-build;host=1;layer=stable;instead-of=canary',
    )
    await bed.host((_request, response) => response.end('canary'), port)
    await until('the canary is up', () => isUp(port))
    expect(await ask(bed.front, '/')).toMatchObject({ text: 'canary' })
  })

  test('a status code never takes a host down', async () => {
    const bad = await bed.host((_request, response) => response.writeHead(500).end())
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [bad.port])])])
    for (let i = 0; i < 30; i += 1) expect((await ask(bed.front, '/')).status).toBe(500)
    expect(isUp(bad.port)).toBe(true)
    expect(await counted('stable')).toMatchObject({ requests: 30, bad: 30, byCode: { '5xx': 30 } })
  })

  test('one that hangs is down after two checks, and gives 504 until then', async () => {
    let hangs = false
    const host = await bed.host((_request, response) => response.end('ok'))
    host.server.prependListener('request', (_request, response) => {
      if (hangs) response.end = () => response
    })
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    expect((await ask(bed.front, '/')).status).toBe(200)
    hangs = true
    expect(await ask(bed.front, '/')).toMatchObject({
      status: 504,
      headers: { 'x-cofferdam-refused': 'upstream-timeout' },
    })
    await until('the host is down', () => !isUp(host.port))
    hangs = false
    await until('the host is up', () => isUp(host.port))
    expect((await ask(bed.front, '/')).status).toBe(200)
    expect(await counted('stable')).toMatchObject({ requests: 3, bad: 1 })
  })

  test('a stale connection costs an idempotent request nothing, even with one host', async () => {
    const host = await bed.host((_request, response) => response.end('ok'))
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    let closing = 0
    // The host takes the request and closes the connection without a word, once.
    host.server.prependListener('request', (request, response) => {
      if (request.url === '/close' && closing++ === 0) {
        request.socket.destroy()
        response.end = () => response
      }
    })
    expect((await ask(bed.front, '/close')).status).toBe(200)
    expect(closing).toBe(2)
    closing = 0
    expect((await ask(bed.front, '/close', { method: 'POST' })).status).toBe(502)
    await until('the host is up', () => isUp(host.port))
  })
})

describe('the last host of a layer', () => {
  test('stays up when a connection was reset, since that may only have been stale', async () => {
    const host = await bed.host((request, response) => {
      if (request.url === '/reset') request.socket.destroy()
      else response.end('ok')
    })
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    for (let i = 0; i < 20; i += 1) {
      const [reset, other] = await Promise.all([ask(bed.front, '/reset', { method: 'POST' }), ask(bed.front, '/')])
      expect([reset.status, other.status]).toEqual([502, 200])
      expect(isUp(host.port)).toBe(true)
    }
  })

  test('is down at once when it is gone, after one look', async () => {
    const host = await bed.host((request) => request.socket.destroy())
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    host.server.close()
    expect((await ask(bed.front, '/', { method: 'POST' })).status).toBe(502)
    await until('the host is down', () => !isUp(host.port), 150)
  })
})

describe('an answer that is cut', () => {
  test('is seen as cut by the client, and counts as bad', async () => {
    const host = await bed.host((request, response) => {
      response.writeHead(200, request.url === '/chunked' ? {} : { 'content-length': '100' })
      response.write('half', () => request.socket.destroy())
    })
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    await expect(ask(bed.front, '/')).rejects.toThrow()
    await expect(ask(bed.front, '/chunked')).rejects.toThrow()
    expect(await counted('stable')).toMatchObject({ requests: 2, bad: 2, byCode: { '5xx': 2 } })
  })

  test('an answer that is not HTTP, or both long and chunked, is a 502', async () => {
    const head = {
      bad: 'nonsense\r\n\r\n',
      both: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    }
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (data) => {
        const asked = data.toString()
        if (asked.includes('/healthz')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        else socket.end(asked.includes('/both') ? head.both : head.bad)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [port])])])
    for (const path of ['/bad', '/both']) {
      await until('the host is up', () => isUp(port))
      expect(await ask(bed.front, path, { method: 'POST' }), path).toMatchObject({ status: 502 })
    }
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })

  test('a client that goes away is neither bad nor an outcome; the host learns it', async () => {
    let closed = 0
    const host = await bed.host((_request, response) => {
      response.on('close', () => (closed += 1))
    })
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    const socket = connect(bed.front, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('it is in flight', () => bed.gateway.plane.counters.inFlight === 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    await until('the host saw the end', () => closed === 1)
    expect(await counted('stable')).toMatchObject({ requests: 0, bad: 0, aborted: 1 })
    expect(bed.gateway.plane.counters.inFlight).toBe(0)
  })
})

describe('counting', () => {
  test('cells add up to what clients saw, per layer', async () => {
    const host = await bed.host((_request, response) => response.end('ok'))
    await bed.apply([
      serviceOf('cart', '/', [layerOf('canary', half, [host.port]), layerOf('stable', everyone, [host.port])]),
    ])
    const answers = await Promise.all(Array.from({ length: 200 }, async () => await ask(bed.front, '/')))
    const canaries = answers.filter((answer) =>
      String(answer.headers['x-cofferdam-served-by']).includes('layer=canary'),
    ).length
    const [canary, stable] = [await counted('canary'), await counted('stable')]
    expect([canary.requests, stable.requests]).toEqual([canaries, 200 - canaries])
    expect([canary.durations, stable.durations]).toEqual([canaries, 200 - canaries])
    // Six standard errors of a fair coin.
    expect(Math.abs(canaries - 100)).toBeLessThan(43)
    expect(bed.gateway.metrics()).toContain(`layer="canary",host="canary-1",code="2xx"} ${canaries}`)
  })

  test('at a back door a repeat of a call counts once; different calls of one request both count', async () => {
    const host = await bed.host((_request, response) => response.end('ok'))
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    const headers = { 'x-request-id': 'r-1' }
    for (const path of ['/a', '/a', '/b', '/a']) await ask(bed.back, path, { headers })
    expect(await counted('stable')).toMatchObject({ requests: 2 })
    for (const path of ['/a', '/a']) await ask(bed.front, path, { headers })
    expect(await counted('stable')).toMatchObject({ requests: 4 })
  })

  test('failed requests can be looked at', async () => {
    const host = await bed.host((request, response) => response.writeHead(request.url === '/bad' ? 500 : 200).end())
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    await ask(bed.front, '/bad')
    await ask(bed.back, '/')
    const { recent } = bed.gateway.plane
    expect(recent.list({ failed: true })).toMatchObject([
      { status: 500, route: '/', layer: 'stable', host: '1', caller: null, refused: null },
    ])
    expect(recent.list({ failed: false })).toMatchObject([{ status: 200, caller: 'caller' }])
    expect(recent.list({ layer: 'other' })).toEqual([])
  })
})

describe('streams', () => {
  test('a slow reader holds the host back, and gets everything', async () => {
    const size = 64 * 1024 * 1024
    let written = 0
    const host = await bed.host((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024)
      const more = (): void => {
        while (written < size) {
          written += chunk.length
          if (!response.write(chunk)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    const socket = connect(bed.front, '127.0.0.1')
    let received = 0
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    let before = -1
    await until('the host waits', async () => {
      const isSteady = written > 0 && written === before
      before = written
      await new Promise((resolve) => setTimeout(resolve, 100))
      return isSteady
    })
    expect(written).toBeLessThan(size / 2)
    socket.on('data', (chunk) => (received += chunk.length))
    socket.resume()
    await new Promise<void>((resolve) => socket.once('close', () => resolve()))
    expect(received).toBeGreaterThan(size)
  })

  test('a slow host holds an upload back, and gets everything', async () => {
    const size = 64 * 1024 * 1024
    let received = 0
    let release = (): void => undefined
    const host = await bed.host((request, response) => {
      request.pause()
      release = () => request.resume()
      request.on('data', (chunk: Buffer) => (received += chunk.length))
      request.on('end', () => response.end(String(received)))
    })
    const table = [serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])]
    await bed.apply(table)
    const socket = connect(bed.front, '127.0.0.1')
    let sent = 0
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`)
    const chunk = Buffer.alloc(64 * 1024)
    const more = (): void => {
      while (sent < size) {
        sent += chunk.length
        if (!socket.write(chunk)) return void socket.once('drain', more)
      }
    }
    more()
    let before = -1
    await until('the client waits', async () => {
      const isSteady = sent > 0 && sent === before
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 50))
      return isSteady
    })
    expect(sent).toBeLessThan(size / 2)
    release()
    await new Promise<void>((resolve) => socket.once('close', () => resolve()))
    expect(answer).toContain(`\r\n\r\n${size}`)
  })

  test('each chunk arrives when it was sent', async () => {
    let next = (): void => undefined
    const host = await bed.host((_request, response) => {
      response.write('one')
      next = () => response.end('two')
    })
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    const first = await exchangeBytes(bed.front, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 200)
    expect(first.text).toMatch(/3\r\none\r\n$/)
    next()
  })
})
