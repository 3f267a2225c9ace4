import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, exchangeBytes, layerOf, serviceOf, TestBed } from './testBed.ts'

const everyone = { kind: 'everyone' } as const
let bed: TestBed

beforeEach(async () => {
  bed = await TestBed.start()
})
afterEach(async () => {
  await bed.stop()
})

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** Applies a table with one host that answers with what it saw. */
async function applyEcho(more: Readonly<Record<string, string>> = {}): Promise<void> {
  const host = await bed.host((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      for (const [name, value] of Object.entries(more)) response.setHeader(name, value)
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
    })
  })
  const keyed = layerOf('zoe', { kind: 'key', key: 'zoe' }, [host.port])
  await bed.apply([serviceOf('cart', '/api/cart', [layerOf('stable', everyone, [host.port]), keyed])])
}

async function seen(port: number, path: string, options: Parameters<typeof ask>[2] = {}): Promise<Seen> {
  return JSON.parse((await ask(port, path, options)).text) as Seen
}

describe('a request', () => {
  test('arrives with its method, path, query and body', async () => {
    await applyEcho()
    for (const size of [5, 200_000]) {
      const body = 'x'.repeat(size)
      const got = await seen(bed.front, '/api/cart/1?a=%2F&b=', {
        method: 'POST',
        body,
        headers: { 'content-type': 'text/plain', 'content-length': String(size) },
      })
      expect(got).toMatchObject({ method: 'POST', url: '/api/cart/1?a=%2F&b=', body })
      expect(got.headers).toMatchObject({ 'content-length': String(size), 'content-type': 'text/plain' })
    }
    const chunked = await seen(bed.front, '/api/cart', {
      method: 'PUT',
      body: 'abc',
      headers: { 'transfer-encoding': 'chunked' },
    })
    expect(chunked.body).toBe('abc')
  })

  test('is forwarded in the reading that routed it', async () => {
    await applyEcho()
    expect((await seen(bed.front, '/x/../api/%2e/%63art/%2F')).url).toBe('/api/cart/%2F')
    expect((await ask(bed.front, '/api/cart/..%2F..')).status).toBe(200)
    expect((await ask(bed.front, '/api/cart/../../x')).headers['x-cofferdam-refused']).toBe('no-route')
  })

  test('carries nothing that concerns only one connection', async () => {
    await applyEcho({ 'proxy-connection': 'x', upgrade: 'h2c' })
    const headers = {
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
      'keep-alive': '5',
      te: 'trailers',
      'proxy-connection': 'x',
      'x-end': '2',
    }
    const answer = await ask(bed.front, '/api/cart', { headers })
    const got = (JSON.parse(answer.text) as Seen).headers
    expect(got).toMatchObject({ 'x-end': '2' })
    expect(Object.keys(got)).not.toEqual(expect.arrayContaining(['x-hop']))
    for (const name of ['x-hop', 'keep-alive', 'te', 'proxy-connection']) expect(got).not.toHaveProperty(name)
    for (const name of ['upgrade', 'proxy-connection']) expect(answer.headers).not.toHaveProperty(name)
  })

  test('at a front door gets an id, and what it says about its origin is replaced', async () => {
    await applyEcho()
    const headers = {
      'x-request-id': 'mine',
      'x-client-request-id': 'no',
      'x-forwarded-for': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      host: 'shop.test:80',
    }
    const got = (await seen(bed.front, '/api/cart', { headers })).headers
    expect(got).toMatchObject({
      'x-client-request-id': 'mine',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.test:80',
      host: 'shop.test:80',
    })
    expect(got['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(got).not.toHaveProperty('forwarded')
  })

  test('at a back door keeps its id', async () => {
    await applyEcho()
    expect((await seen(bed.back, '/api/cart', { headers: { 'x-request-id': 'mine' } })).headers).toMatchObject({
      'x-request-id': 'mine',
    })
  })

  test('carries a known key in both forms; an unknown one ends at a front door', async () => {
    await applyEcho()
    const known = await seen(bed.front, '/api/cart', { headers: { cookie: 'cofferdam-key=zoe', baggage: 'a=1' } })
    expect(known.headers).toMatchObject({ 'x-cofferdam-key': 'zoe', baggage: 'cofferdam.key=zoe,a=1' })
    const unknown = await ask(bed.front, '/api/cart', {
      headers: { 'x-cofferdam-key': 'mia', baggage: 'cofferdam.key=mia,a=1' },
    })
    expect((JSON.parse(unknown.text) as Seen).headers).toMatchObject({ baggage: 'a=1' })
    expect((JSON.parse(unknown.text) as Seen).headers).not.toHaveProperty('x-cofferdam-key')
    expect(unknown.headers['x-cofferdam-key-state']).toBe('unknown')
    const further = await seen(bed.back, '/api/cart', { headers: { baggage: 'cofferdam.key=mia,a=1' } })
    expect(further.headers).toMatchObject({ baggage: 'cofferdam.key=mia,a=1' })
  })

  test('a navigation with a key in its query gets the cookie and loses the query', async () => {
    await applyEcho()
    const headers = { accept: 'text/html' }
    const answer = await ask(bed.front, '/api/cart?a=1&cofferdam-key=zoe', { headers })
    expect(answer).toMatchObject({ status: 302, headers: { location: '/api/cart?a=1' } })
    expect(answer.headers['set-cookie']?.[0]).toMatch(/^cofferdam-key=zoe; .*HttpOnly/)
    expect((await ask(bed.front, '//evil.test/?cofferdam-key=zoe', { headers })).headers.location).toBe(
      '/.//evil.test/',
    )
    expect((await ask(bed.front, '/api/cart?cofferdam-key=zoe')).status).toBe(200)
  })
})

describe('an answer', () => {
  test('says who served it; a service cannot say that itself', async () => {
    await applyEcho({ 'x-cofferdam-served-by': 'lies', 'x-cofferdam-refused': 'lies', 'x-own': 'yes' })
    const { headers } = await ask(bed.front, '/api/cart')
    expect(headers).toMatchObject({
      'x-cofferdam-served-by': 'cart@production/stable-build;host=1;layer=stable',
      'x-own': 'yes',
    })
    expect(headers).not.toHaveProperty('x-cofferdam-refused')
    const keyed = await ask(bed.front, '/api/cart', { headers: { 'x-cofferdam-key': 'zoe' } })
    expect(keyed.headers['x-cofferdam-served-by']).toBe('cart@production/zoe-build;host=zoe-1;layer=zoe')
  })

  test('HEAD, 304, 204, repeated headers and trailers pass', async () => {
    const host = await bed.host((request, response) => {
      if (request.url === '/api/cart/304') return void response.writeHead(304, { etag: '"1"' }).end()
      if (request.url === '/api/cart/204') return void response.writeHead(204).end()
      if (request.url === '/api/cart/trailer') {
        response.writeHead(200, { trailer: 'x-sum' })
        response.write('abc')
        response.addTrailers({ 'x-sum': '3' })
        return void response.end()
      }
      response.writeHead(
        200,
        [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['content-length', '3'],
        ].flat(),
      )
      response.end('abc')
    })
    await bed.apply([serviceOf('cart', '/api/cart', [layerOf('stable', everyone, [host.port])])])
    expect(await ask(bed.front, '/api/cart', { method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
      headers: { 'content-length': '3' },
    })
    expect(await ask(bed.front, '/api/cart')).toMatchObject({ text: 'abc', headers: { 'set-cookie': ['a=1', 'b=2'] } })
    expect(await ask(bed.front, '/api/cart/304')).toMatchObject({ status: 304, text: '', headers: { etag: '"1"' } })
    expect(await ask(bed.front, '/api/cart/204')).toMatchObject({ status: 204, text: '' })
    const raw = await exchangeBytes(bed.front, 'GET /api/cart/trailer HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(raw.text).toMatch(/3\r\nabc\r\n0\r\nx-sum: 3\r\n\r\n$/i)
  })

  test('bytes that are not ASCII pass unchanged, small and large', async () => {
    const text = 'Zoë — ✓'
    const host = await bed.host((request, response) => {
      response.end(request.url?.endsWith('large') === true ? text.repeat(50_000) : text)
    })
    await bed.apply([serviceOf('cart', '/api/cart', [layerOf('stable', everyone, [host.port])])])
    expect((await ask(bed.front, '/api/cart')).text).toBe(text)
    expect((await ask(bed.front, '/api/cart/large')).text).toBe(text.repeat(50_000))
  })

  test('a page without a session gets one, and stays in its layer', async () => {
    const host = await bed.host((_request, response) => response.end('page'))
    const canary = layerOf('canary', { kind: 'share', from: 0, to: 0.5 }, [host.port])
    await bed.apply([serviceOf('site', '/', [canary, layerOf('stable', everyone, [host.port])], true)])
    const layers = new Set<string>()
    for (let visit = 0; visit < 20; visit += 1) {
      const first = await ask(bed.front, '/')
      const cookie = first.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''
      expect(cookie).toMatch(/^cofferdam-session=[\w-]{22}$/)
      const again = await ask(bed.front, '/', { headers: { cookie } })
      expect(again.headers['x-cofferdam-served-by']).toBe(first.headers['x-cofferdam-served-by'])
      expect(again.headers).not.toHaveProperty('set-cookie')
      layers.add(first.headers['x-cofferdam-served-by'] as string)
    }
    expect(layers.size).toBe(2)
  })
})
