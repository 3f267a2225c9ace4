import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { layerOf, serviceOf, TestBed, until } from './testBed.ts'
import { RawHost, talk, untilClosed } from './rawTalk.fixture.ts'

test('when descriptors run short, further clients are told so, those that are in are served, and it passes', async () => {
  // Room for (96 − 32) × 3/4 = 48 clients.
  const bed = await TestBed.start({ maxDescriptors: 96, healthTimeoutMs: 15_000 })
  const host = await RawHost.start(() => undefined)
  host.answerWith('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  await bed.apply([serviceOf('cart', '/', [layerOf('stable', { kind: 'everyone' }, [host.port])])])
  const ask = async (): Promise<string> =>
    (await talk(bed.front, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', untilClosed)).text
  const gone = new Set<Socket>()
  const held = Array.from({ length: 80 }, () => {
    const socket = connect(bed.front, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    socket.on('close', () => gone.add(socket))
    return socket
  })
  await until('those without room are gone', () => gone.size === 32, 15_000)
  const refused = await ask()
  expect(refused).toMatch(/^HTTP\/1\.1 503 /)
  expect(refused).toContain('x-cofferdam-refused: overloaded')
  const inside = held.find((socket) => !gone.has(socket))!
  let text = ''
  inside.on('data', (chunk) => (text += chunk.toString()))
  inside.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await until('it is served', () => text.endsWith('ok'), 15_000)
  for (const socket of held) socket.destroy()
  await until('there is room again', async () => (await ask()).startsWith('HTTP/1.1 200 '), 15_000)
  await bed.stop()
  await host.close()
})
