import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeSelfSigned, writePair } from '../../certificates/selfSigned.fixture.ts'
import { hostileRequests } from '../hostileRequests.fixture.ts'
import { RawHost, talk, untilClosed } from '../rawTalk.fixture.ts'
import { ask, layerOf, serviceOf, TestBed, until } from '../testBed.ts'
import { acceptOf } from '../webSocket.ts'
import { askHttp2, askTls, getOf, openHttp2, shownFor } from './tlsTalk.fixture.ts'

// Generous: tests run on machines that are busy with something else.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const folder = mkdtempSync(join(tmpdir(), 'tls-'))
const shopNames = ['shop.test', 'www.shop.test']
const shop = writePair(folder, 'shop', makeSelfSigned({ names: shopNames }), shopNames)
const wide = writePair(folder, 'wide', makeSelfSigned({ names: ['*.wide.test'] }), ['*.wide.test'])
const own = writePair(folder, 'own', makeSelfSigned({ names: ['own.wide.test'] }), ['own.wide.test'])
let bed: TestBed
let host: RawHost

async function apply(): Promise<void> {
  const applied = await bed.apply([serviceOf('cart', '/', [layerOf('stable', { kind: 'everyone' }, [host.port])])])
  expect(applied.kind).toBe('applied')
}

beforeAll(async () => {
  bed = await TestBed.start({ healthTimeoutMs: 15_000, askAgainMs: 20, certificatePollMs: 50 })
  host = await RawHost.start(() => undefined)
  host.answerWith(ok)
  bed.frontDoor = { tls: [shop, wide, own] }
  await apply()
})
afterAll(async () => {
  await bed.stop()
  await host.close()
  rmSync(folder, { recursive: true, force: true })
})

const fingerprints = (): Readonly<Record<string, string>> =>
  Object.fromEntries(bed.gateway.certificates().map(({ names, fingerprint }) => [names[0]!, fingerprint ?? 'none']))

describe('a door that speaks TLS', () => {
  test('shows the certificate of the server name, itself before a wildcard, else the first', async () => {
    const known = fingerprints()
    expect(new Set(Object.values(known)).size).toBe(3)
    const shown = async (name: string): Promise<string | undefined> => {
      const fingerprint = await shownFor(bed.front, name)
      return Object.keys(known).find((one) => known[one] === fingerprint)
    }
    expect(await shown('www.shop.test')).toBe('shop.test')
    expect(await shown('a.wide.test')).toBe('*.wide.test')
    expect(await shown('OWN.wide.test')).toBe('own.wide.test')
    expect(await shown('a.b.wide.test')).toBe('shop.test')
    expect(await shown('elsewhere.test')).toBe('shop.test')
    expect(await shown('')).toBe('shop.test')
  })

  test('says to the host that the client came by https, whatever the client says', async () => {
    host.received.length = 0
    const { status, headers } = await askTls(bed.front, '/a', { headers: { host: 'x', 'x-forwarded-proto': 'http' } })
    expect(status).toBe(200)
    expect(headers['x-cofferdam-served-by']).toBe('cart@production/stable-build;host=1;layer=stable')
    expect(host.received.join('')).toMatch(/^GET \/a HTTP\/1\.1\r\n[^]*\r\nx-forwarded-proto: https\r\n/)
    expect(host.received.join('').match(/x-forwarded-proto/gi)).toHaveLength(1)
    host.received.length = 0
    await ask(bed.back, '/a')
    expect(host.received.join('')).not.toContain('x-forwarded-proto')
  })

  test('answers a request in the clear with what to do, and forwards nothing', async () => {
    host.received.length = 0
    const answer = await talk(bed.front, 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n', untilClosed)
    expect(answer.statuses).toEqual([400])
    expect(answer.text).toContain('Use https:// instead of http://.')
    expect(host.received).toEqual([])
  })

  test('closes what is neither, and what says nothing', async () => {
    expect((await talk(bed.front, '\x16\x03\x01\x00\x05hello', untilClosed)).text).not.toContain('HTTP/1.1 200')
    const quick = await TestBed.start({ headMs: 200 })
    quick.frontDoor = { tls: [shop] }
    await quick.apply([])
    expect(await talk(quick.front, '', untilClosed)).toMatchObject({ text: '', closed: true })
    // A handshake that does not go on.
    expect((await talk(quick.front, '\x16', untilClosed)).closed).toBe(true)
    await quick.stop()
  })

  test('has the same rules for the bytes of HTTP/1.1 as one in the clear', async () => {
    const cases = hostileRequests.filter(({ name }) =>
      ['xchunked', 'two Host', 'bare LF everywhere', 'a header beyond 32 KiB', 'dot segments'].includes(name),
    )
    expect(cases).toHaveLength(5)
    for (const { bytes, expect: expected, status = 400, forwarded } of cases) {
      host.received.length = 0
      const text = await talkTls(bytes)
      if (expected === 'accepted') expect(host.received.join('').split('\r\n', 1)[0]).toBe(forwarded)
      else {
        expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
        expect(host.received).toEqual([])
      }
    }
  })

  test('joins a WebSocket', async () => {
    const key = 'dGhlIHNhbXBsZSBub25jZQ=='
    const server = createServer()
    server.on('upgrade', (_request, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
      )
      socket.on('data', (chunk) => socket.write(chunk))
      socket.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    const { port } = server.address() as { port: number }
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', { kind: 'everyone' }, [port])])])
    await until('the host is up', () => bed.gateway.plane.pools.list()[0]?.up === true, 15_000)
    const socket = connect({ host: '127.0.0.1', port: bed.front, rejectUnauthorized: false })
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.write(
      `GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
    await until('it is joined', () => text.includes('\r\n\r\n'), 15_000)
    expect(text).toMatch(/^HTTP\/1\.1 101 /)
    socket.write(Buffer.from([0x81, 0x80, 1, 2, 3, 4]))
    await until('a frame came back', () => text.endsWith('\x81\x80\x01\x02\x03\x04'), 15_000)
    socket.destroy()
    server.closeAllConnections()
    server.close()
    await apply()
  })
})

async function talkTls(bytes: string): Promise<string> {
  return await new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: '127.0.0.1', port: bed.front, rejectUnauthorized: false })
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.endsWith('ok')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.write(bytes, 'latin1')
  })
}

describe('certificates that change on disk', () => {
  test('are shown to new connections without a restart, and those that are open go on', async () => {
    const open = await openHttp2(bed.front)
    const before = await shownFor(bed.front, 'shop.test')
    writePair(folder, 'shop', makeSelfSigned({ names: shopNames }), shopNames)
    await until('the new one is shown', async () => (await shownFor(bed.front, 'shop.test')) !== before, 15_000)
    // The first is also for clients that name nobody.
    expect(await shownFor(bed.front, '')).toBe(await shownFor(bed.front, 'shop.test'))
    expect((await askHttp2(open, getOf('/a'))).status).toBe(200)
    open.destroy()
    await until('it is told', () => bed.said.some(({ text }) => text === 'a certificate was renewed'))
    expect(bed.gateway.metrics()).toMatch(/cofferdam_certificate_reloads_total\{result="taken"\} 1\n/)
  })

  test('and cannot be used are told, and the one before is shown until there is a better one', async () => {
    const before = await shownFor(bed.front, 'shop.test')
    const said = bed.said.length
    writeFileSync(shop.key, makeSelfSigned({ names: shopNames }).key)
    await until('it is told', () => bed.said.length > said, 15_000)
    expect(bed.said.at(-1)).toMatchObject({
      text: 'a certificate cannot be used',
      fields: { served: 'the one before' },
    })
    expect(String(bed.said.at(-1)?.fields['problem'])).toContain('is not the key of the certificate')
    expect(JSON.stringify(bed.said)).not.toContain('PRIVATE')
    expect(await shownFor(bed.front, 'shop.test')).toBe(before)
    expect(bed.gateway.metrics()).toContain(
      'cofferdam_certificate_unusable{door="production/front",name="shop.test"} 1',
    )
    rmSync(shop.certificate)
    await until('that is told as well', () => bed.said.length > said + 1, 15_000)
    expect(await shownFor(bed.front, 'shop.test')).toBe(before)
    writePair(folder, 'shop', makeSelfSigned({ names: shopNames }), shopNames)
    await until('the new one is shown', async () => (await shownFor(bed.front, 'shop.test')) !== before, 15_000)
    expect(bed.gateway.metrics()).toContain(
      'cofferdam_certificate_unusable{door="production/front",name="shop.test"} 0',
    )
  })
})

describe('a table', () => {
  test('is taken although no certificate can be read; then the door closes connections and never speaks in the clear', async () => {
    bed.frontDoor = { tls: [{ certificate: '/none.pem', key: '/none.key', names: ['x'] }] }
    await apply()
    await expect(shownFor(bed.front, 'x')).rejects.toThrow()
    expect((await talk(bed.front, 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n', untilClosed)).statuses).toEqual([400])
    expect(bed.gateway.certificates()).toMatchObject([{ expiresAtMs: null, problem: /does not exist/ }])
  })

  test('can make a door of the clear one of TLS, and back', async () => {
    bed.frontDoor = {}
    await apply()
    expect((await ask(bed.front, '/a')).status).toBe(200)
    const kept = connectTcp(bed.front, '127.0.0.1')
    let text = ''
    kept.on('data', (chunk) => (text += chunk.toString()))
    const get = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n'
    kept.write(get)
    await until('it is answered', () => text.endsWith('ok'))
    bed.frontDoor = { tls: [shop] }
    await apply()
    expect((await askTls(bed.front, '/a')).status).toBe(200)
    // What is open in the clear is answered once more, and closed.
    kept.write(get)
    await until('it is closed', () => kept.closed, 15_000)
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
    bed.frontDoor = {}
    await apply()
    expect((await ask(bed.front, '/a')).status).toBe(200)
  })

  test('can move a door to another address, and is refused when it would be open to all', async () => {
    bed.frontDoor = { listen: '0.0.0.0', tls: [shop] }
    await apply()
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address
    for (const address of ['127.0.0.1', ...(outside === undefined ? [] : [outside])]) {
      const socket = connectTcp(bed.front, address)
      await new Promise<void>((resolve, reject) => socket.once('connect', () => resolve()).once('error', reject))
      socket.destroy()
    }
    expect((await askTls(bed.front, '/a')).status).toBe(200)
    bed.frontDoor = { listen: '0.0.0.0' }
    const applied = await bed.apply([])
    expect(applied).toMatchObject({ kind: 'invalid', problems: [/listen is "0\.0\.0\.0"; allowed: loopback/] })
    bed.frontDoor = { listen: '192.0.2.1', tls: [shop] }
    expect(await bed.apply([])).toMatchObject({
      kind: 'invalid',
      problems: [/port \d+ on 192\.0\.2\.1 cannot be opened/],
    })
    expect((await askTls(bed.front, '/a')).status).toBe(200)
    bed.frontDoor = {}
    await apply()
    expect((await ask(bed.front, '/a')).status).toBe(200)
  })
})

describe('a trusted proxy', () => {
  const said = {
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.test',
    'x-real-ip': '7',
  }
  const forwarded = async (): Promise<string> => {
    host.received.length = 0
    await ask(bed.front, '/a', { headers: said })
    return host.received.join('')
  }

  test('is believed, anybody else is not', async () => {
    bed.frontDoor = { trustedProxies: ['127.0.0.0/8'] }
    await apply()
    const believed = await forwarded()
    expect(believed).toMatch(/\r\nx-forwarded-for: 6\.6\.6\.6\r\n[^]*\r\nx-forwarded-for: 127\.0\.0\.1\r\n/)
    expect(believed).toMatch(/\r\nx-forwarded-proto: https\r\n[^]*x-forwarded-host: shop\.test\r\n/)
    expect(believed).not.toContain('x-real-ip')
    bed.frontDoor = { trustedProxies: ['10.0.0.0/8'] }
    await apply()
    expect(await forwarded()).not.toMatch(/6\.6\.6\.6|x-forwarded-proto: https|shop\.test/)
  })

  test('is let in beyond loopback without TLS, anybody else is not', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address
    if (outside === undefined) return
    const isAnswered = async (): Promise<boolean> =>
      await new Promise((resolve) => {
        const socket = connectTcp({ port: bed.front, host: outside })
        socket.on('data', () => resolve(true))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve(false))
        socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
      })
    bed.frontDoor = { listen: '0.0.0.0', trustedProxies: [outside] }
    await apply()
    expect(await isAnswered()).toBe(true)
    bed.frontDoor = { listen: '0.0.0.0', trustedProxies: ['192.0.2.1'] }
    await apply()
    expect(await isAnswered()).toBe(false)
    expect(bed.gateway.metrics()).toMatch(/cofferdam_refused_total\{rule="not-trusted"\} [1-9]/)
    bed.frontDoor = {}
    await apply()
  })
})
