import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, freePort, layerOf, serviceOf, startHost, TestBed, until } from './testBed.ts'

const everyone = { kind: 'everyone' } as const
let bed: TestBed

beforeEach(async () => {
  bed = await TestBed.start()
})
afterEach(async () => {
  await bed.stop()
})

async function named(name: string): Promise<number> {
  return (await bed.host((_request, response) => response.end(name))).port
}

describe('a table', () => {
  test('that is not newer is refused; a newer one is not', async () => {
    const port = await named('a')
    const services = [serviceOf('cart', '/', [layerOf('stable', everyone, [port])])]
    expect(await bed.put(bed.tableOf(services, 5))).toMatchObject({ kind: 'applied', generation: 5 })
    expect(await bed.put(bed.tableOf([], 5))).toEqual({ kind: 'stale', generation: 5 })
    expect(await bed.put(bed.tableOf([], 4))).toEqual({ kind: 'stale', generation: 5 })
    expect((await ask(bed.front, '/')).status).toBe(200)
    expect(await bed.put(bed.tableOf([], 6))).toMatchObject({ kind: 'applied' })
    expect((await ask(bed.front, '/')).status).toBe(404)
  })

  test('that finds no room on the disk is in force all the same, is said to be missing there, and comes there later', async () => {
    const [a, b] = [await named('a'), await named('b')]
    const of = (port: number) => [serviceOf('cart', '/', [layerOf('stable', everyone, [port])])]
    expect(await bed.apply(of(a))).toMatchObject({ kind: 'applied', durableAt: expect.any(String) as string })
    expect(bed.gateway.tableProblem).toBeUndefined()
    // What a full disk is to it: the file that it writes before the rename cannot be made.
    mkdirSync(join(bed.dir, 'table.json.tmp'))
    expect(await bed.apply(of(b))).toMatchObject({
      kind: 'applied',
      generation: 2,
      durableAt: null,
      problem: expect.stringContaining('table.json.tmp') as string,
    })
    expect((await ask(bed.front, '/')).text).toBe('b')
    const kept = () =>
      (JSON.parse(readFileSync(join(bed.dir, 'table.json'), 'utf8')) as { readonly generation: number }).generation
    expect([kept(), bed.gateway.tableProblem]).toEqual([1, expect.stringContaining('table.json.tmp') as string])
    rmdirSync(join(bed.dir, 'table.json.tmp'))
    await until('the table is on the disk', () => kept() === 2, 10_000)
    await until('nothing is said any more', () => bed.gateway.tableProblem === undefined, 10_000)
  })

  test('that is not valid, or asks for a port in use, changes nothing', async () => {
    const port = await named('a')
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [port])])])
    expect(await bed.gateway.apply(Buffer.from('{'))).toMatchObject({
      kind: 'invalid',
      problems: [expect.stringContaining('not JSON')],
    })
    const taken = await startHost((_request, response) => response.end())
    const free = await freePort()
    const table = bed.tableOf([], 9)
    const doors = [
      ...table.environments[0]!.doors,
      { id: 'x', kind: 'front' as const, port: free, servedBy: 'never' as const, strict: false },
    ]
    const withTaken = [
      ...doors,
      { id: 'y', kind: 'front' as const, port: taken.port, servedBy: 'never' as const, strict: false },
    ]
    const refused = await bed.put({ ...table, environments: [{ ...table.environments[0], doors: withTaken }] })
    expect(refused).toMatchObject({
      kind: 'invalid',
      problems: [expect.stringContaining(`port ${taken.port} on 127.0.0.1`)],
    })
    expect((await ask(bed.front, '/')).text).toBe('a')
    await expect(ask(free, '/')).rejects.toThrow()
    await taken.close()
    expect(await bed.put({ ...table, environments: [{ ...table.environments[0], doors: withTaken }] })).toMatchObject({
      kind: 'applied',
    })
    expect((await ask(free, '/')).status).toBe(404)
    expect((await ask(taken.port, '/')).status).toBe(404)
  })

  test('that has a door no more closes it; requests in flight end', async () => {
    let release = (): void => undefined
    const host = await bed.host((_request, response) => {
      release = () => response.end('late')
    })
    await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [host.port])])])
    const late = ask(bed.front, '/')
    await until('it is in flight', () => bed.gateway.plane.counters.inFlight === 1)
    const table = bed.tableOf([], 9)
    await bed.put({ ...table, environments: [{ ...table.environments[0], doors: [table.environments[0]!.doors[1]] }] })
    await until(
      'the door is closed',
      async () =>
        await ask(bed.front, '/').then(
          () => false,
          () => true,
        ),
    )
    release()
    expect(await late).toMatchObject({ status: 200, text: 'late' })
  })

  test('swaps under load: no request is lost, those in flight end on their host, which is drained', async () => {
    let release = (): void => undefined
    const old = await bed.host((request, response) => {
      if (request.url === '/late') release = () => response.end('late')
      else response.end('old')
    })
    const young = await named('young')
    const on = async (port: number): Promise<unknown> =>
      await bed.apply([serviceOf('cart', '/', [layerOf('stable', everyone, [port])])])
    await on(old.port)
    const late = ask(bed.front, '/late')
    await until('it is in flight', () => bed.gateway.plane.counters.inFlight === 1)
    let isOver = false
    const texts = new Set<string>()
    const load = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const answer = await ask(bed.front, '/', { method: 'POST' })
        expect(answer.status).toBe(200)
        texts.add(answer.text)
      }
    })
    for (let swap = 0; swap < 10; swap += 1) await on(swap % 2 === 0 ? young : old.port)
    await on(young)
    isOver = true
    await Promise.all(load)
    expect([...texts].sort()).toEqual(['old', 'young'])
    const draining = bed.gateway.plane.pools.list().filter((host) => host.draining === true)
    expect(draining).toMatchObject([{ address: `127.0.0.1:${old.port}`, inFlight: 1 }])
    release()
    expect((await late).text).toBe('late')
    expect(bed.gateway.plane.pools.list().some((host) => host.draining === true)).toBe(false)
  })
})

describe('a share that is watched', () => {
  const whole = { kind: 'share', from: 0, to: 1 } as const
  const name = { environment: 'production', service: 'cart', layer: 'canary' }

  async function applyShare(watchedForMs: number): Promise<void> {
    const [canary, stable] = [await named('canary'), await named('stable')]
    await bed.apply([
      serviceOf('cart', '/', [
        layerOf('canary', whole, [canary], { watchedForMs }),
        layerOf('stable', everyone, [stable]),
      ]),
    ])
  }

  test('goes home when nobody renews it, until a newer table comes', async () => {
    await applyShare(1_500)
    expect((await ask(bed.front, '/')).text).toBe('canary')
    await until('the share is home', async () => (await ask(bed.front, '/')).text === 'stable', 10_000)
    expect(bed.gateway.shares.unwatched()).toEqual([name])
    expect(bed.gateway.shares.renew([name], performance.now())).toMatchObject({ renewed: 0, unwatched: [name] })
    expect((await ask(bed.front, '/')).text).toBe('stable')
    expect(bed.gateway.metrics()).toContain('cofferdam_unwatched_total 1')
    await applyShare(60_000)
    expect((await ask(bed.front, '/')).text).toBe('canary')
  })
})
