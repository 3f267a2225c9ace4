import { once } from 'node:events'
import { Agent, request, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ask, layerOf, serviceOf, TestBed, until, type TestHost } from './testBed.ts'

vi.setConfig({ testTimeout: 60_000 })

const everyone = { kind: 'everyone' } as const
let bed: TestBed

beforeEach(async () => {
  bed = await TestBed.start()
})

afterEach(async () => {
  await bed.stop()
})

async function leadTo(...hosts: TestHost[]): Promise<void> {
  const ports = hosts.map(({ port }) => port)
  const applied = await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, ports)])])
  expect(applied.kind).toBe('applied')
}

async function connectionsOf({ server }: TestHost): Promise<number> {
  return await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))
}

describe('a host that leaves', () => {
  test('gets no new request after the swap, also on connections that led to it before', async () => {
    let begun = 0
    const old = await bed.host((_request, response) => {
      begun += 1
      response.end('old')
    })
    const young = await bed.host((_request, response) => response.end('young'))
    const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    const askAll = async (): Promise<readonly string[]> =>
      await Promise.all(
        Array.from({ length: 40 }, async (_, at) => {
          const sent = request({ host: '127.0.0.1', port: bed.front, agent: agents[at % agents.length]! }).end()
          const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream]
          let text = ''
          for await (const chunk of response) text += String(chunk)
          return text
        }),
      )
    await leadTo(old)
    expect(new Set(await askAll())).toEqual(new Set(['old']))
    expect(begun).toBe(40)
    await leadTo(young)
    expect(new Set(await askAll())).toEqual(new Set(['young']))
    expect(begun).toBe(40)
    // Nothing is kept open to it either, and it may come back.
    await until('its connections are closed', async () => (await connectionsOf(old)) === 0)
    await leadTo(old, young)
    expect(new Set(await askAll())).toEqual(new Set(['old', 'young']))
    for (const agent of agents) agent.destroy()
  })

  test('ends long downloads and uploads whole, over many tables; then it is gone', async () => {
    const part = Buffer.alloc(64 * 1024, 'x')
    let download: ServerResponse | undefined
    let received = 0
    const old = await bed.host((incoming, response) => {
      if (incoming.method === 'GET') {
        download = response.writeHead(200)
        response.write(part)
      } else {
        incoming.on('data', (data: Buffer) => (received += data.length))
        incoming.on('end', () => response.end(String(received)))
      }
    })
    const young = await bed.host((_request, response) => response.end('young'))
    await leadTo(old)
    const downloaded = ask(bed.front, '/')
    const upload = request({ host: '127.0.0.1', port: bed.front, method: 'POST', agent: false })
    const uploaded = once(upload, 'response')
    upload.write(part)
    await until('both are under way', () => download !== undefined && received > 0)
    const hosts = [young, await bed.host((_request, response) => response.end('young'))]
    for (let swap = 1; swap <= 20; swap += 1) {
      await leadTo(hosts[swap % 2]!)
      download!.write(part)
      upload.write(part)
      expect((await ask(bed.front, '/')).text).toBe('young')
    }
    const draining = (): unknown => bed.gateway.plane.pools.list().filter((host) => host.draining === true)
    expect(draining()).toMatchObject([{ address: `127.0.0.1:${old.port}`, inFlight: 2 }])
    download!.end()
    upload.end()
    expect((await downloaded).text).toHaveLength(21 * part.length)
    const [answer] = (await uploaded) as [NodeJS.ReadableStream]
    let text = ''
    for await (const chunk of answer) text += String(chunk)
    expect(text).toBe(String(21 * part.length))
    await until('it is gone', () => bed.gateway.plane.pools.list().every((host) => host.draining !== true))
  })
})

test('a hundred tables under load: nothing fails, and nobody is answered by a host that had left before', async () => {
  const hosts = await Promise.all(
    [0, 1, 2].map(async (name) => await bed.host((_request, response) => response.end(String(name)))),
  )
  const isIn = (name: number, generation: number): boolean => name !== generation % 3
  let [applied, asked] = [0, 0]
  const applyNext = async (): Promise<void> => {
    asked = applied + 1
    await leadTo(...hosts.filter((_, name) => isIn(name, asked)))
    applied = asked
  }
  await applyNext()
  let isOver = false
  const load = Array.from({ length: 8 }, async () => {
    const seen = { requests: 0, wrong: 0 }
    while (!isOver) {
      const from = applied
      const { status, text } = await ask(bed.front, '/', { method: 'POST' })
      expect(status).toBe(200)
      const mayBe = Array.from({ length: asked - from + 1 }, (_, at) => from + at)
      seen.requests += 1
      if (!mayBe.some((generation) => isIn(Number(text), generation))) seen.wrong += 1
    }
    return seen
  })
  for (let swap = 0; swap < 100; swap += 1) await applyNext()
  isOver = true
  const seen = await Promise.all(load)
  expect(seen.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(100)
  expect(seen.map(({ wrong }) => wrong)).toEqual(seen.map(() => 0))
})
