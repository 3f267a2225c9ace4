import { once } from 'node:events'
import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ask, freePort, layerOf, serviceOf, startHost, until } from '../gateway/testBed.ts'
import { GatewayProcess, isThere, ownerOf, startMs } from './gatewayProcess.fixture.ts'

vi.setConfig({ testTimeout: 120_000 })

const everyone = { kind: 'everyone' } as const
let gateway: GatewayProcess

afterEach(async () => {
  await gateway.end()
})

function onHosts(...ports: number[]): ReturnType<typeof serviceOf>[] {
  return [serviceOf('cart', '/', [layerOf('stable', everyone, ports)])]
}

/** As many requests over `connections` kept connections; who served each. */
async function sendMany(port: number, requests: number, connections: number): Promise<readonly string[]> {
  const served: string[] = []
  let left = requests
  const send = async (agent: Agent): Promise<void> => {
    while (left > 0) {
      left -= 1
      const sent = request({ host: '127.0.0.1', port, agent }).end()
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
      served.push(String(response.headers['x-cofferdam-served-by'] ?? response.statusCode))
    }
  }
  const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  await Promise.all(agents.map(send))
  for (const agent of agents) agent.destroy()
  return served
}

/** A host that holds its answers until they are let go. */
async function slowHost(): Promise<{ readonly port: number; readonly held: ServerResponse[] }> {
  const held: ServerResponse[] = []
  const host = await gateway.host((incoming, response) => {
    if (incoming.url === '/slow') held.push(response)
    else response.end('fast')
  })
  return { port: host.port, held }
}

describe('what workers do together', () => {
  test.each([1, 2, 4])('%i: shares are what they should be, and everything is counted once', async (workers) => {
    gateway = await GatewayProcess.start(workers)
    const upstream = new Set<number>()
    const host = await gateway.host((incoming, response) => {
      upstream.add(incoming.socket.remotePort ?? 0)
      response.end('ok')
    })
    const share = { kind: 'share', from: 0, to: 0.2 } as const
    const layers = [layerOf('canary', share, [host.port]), layerOf('stable', everyone, [host.port])]
    await gateway.apply([serviceOf('cart', '/', layers)])
    const requests = 3_000
    const served = await sendMany(gateway.front, requests, 24)
    const canaries = served.filter((by) => by.includes('layer=canary')).length
    // Six standard errors.
    expect(Math.abs(canaries / requests - 0.2)).toBeLessThan(6 * Math.sqrt((0.2 * 0.8) / requests))
    const { workerPids } = await gateway.state()
    const carriers = new Set([...upstream].map((port) => ownerOf(workerPids, port)).filter((pid) => pid !== undefined))
    expect(carriers.size).toBe(workers)
    expect(await gateway.metrics()).toContain(`layer="canary",host="canary-1",code="2xx"} ${canaries}\n`)
    const cells = [await gateway.counted('canary'), await gateway.counted('stable')]
    expect(cells.map((cell) => cell.requests)).toEqual([canaries, requests - canaries])
    const metrics = await gateway.metrics()
    expect(metrics).toContain(`layer="stable",host="1",code="2xx"} ${requests - canaries}\n`)
    expect(metrics).toContain(`cofferdam_front_requests_total{refused="no"} ${requests}\n`)
    expect(metrics).toContain(`cofferdam_workers ${workers}\n`)
    expect(metrics).toContain('cofferdam_requests_in_flight 0\n')
  })

  test('at a back door a repeat of a call counts once, whichever worker has it', async () => {
    gateway = await GatewayProcess.start(3)
    const host = await gateway.host((_incoming, response) => response.end('ok'))
    await gateway.apply(onHosts(host.port))
    const send = async (id: string): Promise<unknown> =>
      await ask(gateway.back, '/', { headers: { 'x-request-id': id } })
    for (let round = 0; round < 6; round += 1)
      await Promise.all(Array.from({ length: 10 }, async (_, call) => await send(`r-${call}`)))
    expect(await gateway.counted('stable')).toEqual({ requests: 10, aborted: 0 })
  })

  test('hosts, requests and explanations are of all of them', async () => {
    gateway = await GatewayProcess.start(2)
    const { port, held } = await slowHost()
    const dead = await freePort()
    await gateway.apply([...onHosts(port), serviceOf('dead', '/dead', [layerOf('stable', everyone, [dead])])])
    const slow = Array.from({ length: 12 }, async () => await ask(gateway.front, '/slow'))
    await until('all are held', () => held.length === 12)
    const pools = await gateway.traffic.pools('g1')
    expect(pools.find((host) => host.service === 'cart')).toMatchObject({ up: true, inFlight: 12 })
    await until('12 are in flight', async () => (await gateway.metrics()).includes('cofferdam_requests_in_flight 12\n'))
    for (const response of held) response.end('late')
    await Promise.all(slow)
    await until(
      'it is down for everybody',
      async () => (await gateway.traffic.pools('g1')).find((host) => host.service === 'dead')?.up === false,
    )
    // A worker notes a request when its answer has left, which the client may see first.
    await until('all are noted', async () => (await gateway.traffic.requests('g1', { service: 'cart' })).length === 12)
    const question = { method: 'GET', url: '/', headers: {} }
    expect(await gateway.traffic.explain('g1', question)).toMatchObject({ service: 'cart', host: '1', status: 200 })
  })
})

describe('a table', () => {
  test('is in force in every worker when it is applied, under load and without a failed request', async () => {
    gateway = await GatewayProcess.start(3)
    const [a, b] = await Promise.all(
      ['a', 'b'].map(async (name) => await gateway.host((_incoming, response) => response.end(name))),
    )
    await gateway.apply(onHosts(a!.port))
    let isOver = false
    const load = Array.from({ length: 6 }, async () => {
      while (!isOver) expect((await ask(gateway.front, '/', { method: 'POST' })).status).toBe(200)
    })
    for (let swap = 0; swap < 20; swap += 1) {
      await gateway.apply(onHosts(swap % 2 === 0 ? b!.port : a!.port))
      const answers = await Promise.all(Array.from({ length: 9 }, async () => await ask(gateway.front, '/')))
      expect(new Set(answers.map((answer) => answer.text))).toEqual(new Set([swap % 2 === 0 ? 'b' : 'a']))
    }
    isOver = true
    await Promise.all(load)
  })

  test('that is not newer, or asks for a port in use, changes nothing in any of them', async () => {
    gateway = await GatewayProcess.start(2)
    const host = await gateway.host((_incoming, response) => response.end('a'))
    await gateway.apply(onHosts(host.port))
    gateway.generation -= 1
    const again = await gateway.traffic.put('g1', JSON.stringify(gateway.table([])))
    expect(again).toEqual({ applied: false, generation: 1, problems: [] })
    const taken = await startHost((_incoming, response) => response.end())
    const free = await freePort()
    const doors = [free, taken.port].map((port) => ({ id: `x/${port}`, kind: 'front' as const, port }))
    const more = doors.map((door) => ({ ...door, servedBy: 'never' as const, strict: false }))
    const wanted = JSON.stringify(gateway.table([], more))
    expect(await gateway.traffic.put('g1', wanted)).toMatchObject({
      applied: false,
      problems: [expect.stringContaining(`port ${taken.port} on 127.0.0.1`)],
    })
    for (let i = 0; i < 10; i += 1) expect((await ask(gateway.front, '/')).text).toBe('a')
    await expect(ask(free, '/')).rejects.toThrow()
    await taken.close()
    expect(await gateway.traffic.put('g1', wanted)).toMatchObject({ applied: true, generation: 2 })
    for (const port of [free, taken.port]) expect((await ask(port, '/')).status).toBe(404)
    // Doors that go and come back open again.
    await gateway.apply(onHosts(host.port))
    await expect(ask(free, '/')).rejects.toThrow()
    expect(await gateway.traffic.put('g1', JSON.stringify(gateway.table([], more)))).toMatchObject({ applied: true })
    for (let i = 0; i < 6; i += 1) expect((await ask(free, '/')).status).toBe(404)
  })

  test('is applied although a worker hangs: that one is killed and replaced', async () => {
    gateway = await GatewayProcess.start(2)
    const host = await gateway.host((_incoming, response) => response.end('a'))
    await gateway.apply(onHosts(host.port))
    const [hung] = (await gateway.state()).workerPids
    process.kill(hung!, 'SIGSTOP')
    await gateway.apply(onHosts(host.port))
    await until('it is gone', () => !isThere(hung!))
    await until('it is replaced', async () => (await gateway.state()).workerPids.length === 2, startMs)
    expect(gateway.output).toContain('no answer to prepare within 3000 ms')
    for (let i = 0; i < 10; i += 1) expect((await ask(gateway.front, '/')).text).toBe('a')
  })
})

describe('a share that is watched', () => {
  const name = { environment: 'production', service: 'cart', layer: 'canary' }
  const who = { kind: 'share', from: 0, to: 1 } as const

  async function applyShare(watchedForMs: number): Promise<void> {
    const canary = await gateway.host((_incoming, response) => response.end('canary'))
    const stable = await gateway.host((_incoming, response) => response.end('stable'))
    const layers = [layerOf('canary', who, [canary.port], { watchedForMs }), layerOf('stable', everyone, [stable.port])]
    await gateway.apply([serviceOf('cart', '/', layers)])
  }

  async function texts(): Promise<ReadonlySet<string>> {
    const answers = await Promise.all(Array.from({ length: 12 }, async () => await ask(gateway.front, '/')))
    return new Set(answers.map((answer) => answer.text))
  }

  test('stays out in every worker while it is renewed, and goes home in every one when it is not', async () => {
    gateway = await GatewayProcess.start(3)
    await applyShare(3_000)
    for (const endAtMs = performance.now() + 5_000; performance.now() < endAtMs; ) {
      await gateway.traffic.watched('g1', [name], 1)
      expect(await texts()).toEqual(new Set(['canary']))
    }
    await until('it is home', async () => (await texts()).has('stable'), 10_000)
    await until('it is home everywhere', async () => !(await texts()).has('canary'), 500)
    // Each worker goes by its own clock, and says so at the next hand-over.
    await until('the primary knows', async () => (await gateway.traffic.state('g1')).unwatched?.length === 1, 2_000)
    expect((await gateway.traffic.state('g1')).unwatched).toEqual([name])
    expect(await gateway.metrics()).toContain('cofferdam_unwatched_total 1\n')
    await gateway.traffic.watched('g1', [name], 1)
    expect(await texts()).toEqual(new Set(['stable']))
  })

  test('a worker that is new knows that it is home', async () => {
    gateway = await GatewayProcess.start(2)
    await applyShare(1_000)
    await until('it is home', async () => (await gateway.traffic.state('g1')).unwatched?.length === 1)
    const before = (await gateway.state()).workerPids
    for (const pid of before) process.kill(pid, 'SIGKILL')
    await until(
      'both are new',
      async () => {
        const { workerPids } = await gateway.state()
        return workerPids.length === 2 && workerPids.every((pid) => !before.includes(pid))
      },
      startMs,
    )
    expect(await texts()).toEqual(new Set(['stable']))
  })

  test('goes home although the primary stands still, which keeps nobody from being served', async () => {
    gateway = await GatewayProcess.start(2)
    await applyShare(2_000)
    expect(await texts()).toEqual(new Set(['canary']))
    gateway.child.kill('SIGSTOP')
    await until('it is home everywhere', async () => !(await texts()).has('canary'), 10_000)
    gateway.child.kill('SIGCONT')
    await until('the primary knows', async () => (await gateway.traffic.state('g1')).unwatched?.length === 1)
  })
})

describe('the end of a worker', () => {
  test('by kill -9 takes its own requests alone; it is replaced, and what it handed over stays counted', async () => {
    gateway = await GatewayProcess.start(2)
    const { port, held } = await slowHost()
    await gateway.apply(onHosts(port))
    const before = await sendMany(gateway.front, 200, 8)
    const counted = await gateway.counted('stable')
    expect(counted.requests).toBe(before.length)
    const slow = Array.from({ length: 24 }, async () => await ask(gateway.front, '/slow').catch(() => undefined))
    await until('all are held', () => held.length === 24)
    const spare = await gateway.spare()
    const { workerPids } = await gateway.state()
    const owners = held.map((response) => ownerOf(workerPids, response.req.socket.remotePort ?? 0))
    const [killed] = workerPids
    process.kill(killed!, 'SIGKILL')
    await until('it is gone', () => !isThere(killed!))
    let served = 0
    await until(
      'it is replaced',
      async () => {
        expect((await ask(gateway.front, '/')).text).toBe('fast')
        served += 1
        const pids = await gateway.workersNow()
        return pids.length === 2 && !pids.includes(killed!)
      },
      startMs,
    )
    // Whoever waited loaded takes the place: no replacement waits for the start of a process.
    expect(new Set((await gateway.state()).workerPids)).toEqual(new Set([workerPids[1], spare]))
    const kept = owners.filter((owner) => owner !== killed).length
    // A worker that is slow to hand over says it with the next metrics.
    const inFlight = `cofferdam_requests_in_flight ${kept}\n`
    await until('those of the killed one are not in flight', async () => (await gateway.metrics()).includes(inFlight))
    for (const response of held) response.end('late')
    const answers = await Promise.all(slow)
    expect(answers.filter((answer) => answer?.text === 'late')).toHaveLength(kept)
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(24)
    expect((await gateway.counted('stable')).requests).toBe(200 + served + kept)
    expect(await gateway.metrics()).toContain('cofferdam_workers_replaced_total 1\n')
  })

  test('the spare is replaced when it ends, and when it hangs; that keeps nobody from being served', async () => {
    gateway = await GatewayProcess.start(2)
    const { port } = await slowHost()
    await gateway.apply(onHosts(port))
    const { workerPids } = await gateway.state()
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const spare = await gateway.spare()
      process.kill(spare, signal)
      await until('it is gone', () => !isThere(spare), startMs)
      await gateway.spare(spare)
    }
    expect(gateway.output).toContain('"slot":"spare"')
    expect((await gateway.state()).workerPids).toEqual(workerPids)
    expect((await ask(gateway.front, '/')).text).toBe('fast')
    expect(await gateway.metrics()).toContain('cofferdam_workers_replaced_total 0\n')
  })

  test('a new one serves from its first connection on', async () => {
    gateway = await GatewayProcess.start(2)
    const { port } = await slowHost()
    await gateway.apply(onHosts(port))
    let isOver = false
    const answers = new Set<string>()
    const load = Array.from({ length: 8 }, async () => {
      while (!isOver)
        answers.add(
          await ask(gateway.front, '/').then(
            ({ text }) => text,
            () => 'no answer',
          ),
        )
    })
    for (let round = 0; round < 4; round += 1) {
      const [killed] = (await gateway.state()).workerPids
      process.kill(killed!, 'SIGKILL')
      await until(
        'it is replaced',
        async () => {
          const { workerPids } = await gateway.state()
          return workerPids.length === 2 && !workerPids.includes(killed!)
        },
        startMs,
      )
    }
    isOver = true
    await Promise.all(load)
    // Those that a killed one was answering had no answer; nobody had one of the gateway's own.
    expect([...answers].filter((text) => text !== 'no answer')).toEqual(['fast'])
  })

  test('by TERM fails no request and loses no count', async () => {
    gateway = await GatewayProcess.start(2)
    const { port, held } = await slowHost()
    await gateway.apply(onHosts(port))
    const slow = Array.from({ length: 12 }, async () => await ask(gateway.front, '/slow'))
    await until('all are held', () => held.length === 12)
    const [ended] = (await gateway.state()).workerPids
    process.kill(ended!, 'SIGTERM')
    let served = 0
    await until(
      'another one serves',
      async () => {
        expect((await ask(gateway.front, '/')).status).toBe(200)
        served += 1
        const { workerPids } = await gateway.state()
        return workerPids.length === 2 && !workerPids.includes(ended!)
      },
      startMs,
    )
    for (const response of held) response.end('late')
    // Beyond the time for its last requests it may have cut them; the others have all time.
    const answers = await Promise.allSettled(slow)
    await until('it is gone', () => !isThere(ended!))
    const whole = answers.filter((answer) => answer.status === 'fulfilled').length
    const { requests, aborted } = await gateway.counted('stable')
    expect([requests, requests + aborted]).toEqual([served + whole, served + 12])
  })
})

describe('the end of the primary', () => {
  async function untilNobodyIsLeft(): Promise<void> {
    await until('no worker is left', () => gateway.left().length === 0, startMs)
  }

  test('by kill -9 ends its workers, after their last requests; the next one serves the same doors', async () => {
    gateway = await GatewayProcess.start(2)
    const { port, held } = await slowHost()
    await gateway.apply(onHosts(port))
    const slow = Array.from({ length: 8 }, async () => await ask(gateway.front, '/slow'))
    await until('all are held', () => held.length === 8)
    gateway.child.kill('SIGKILL')
    await until(
      'the doors are closed',
      async () =>
        await ask(gateway.front, '/').then(
          () => false,
          () => true,
        ),
    )
    for (const response of held) response.end('late')
    expect((await Promise.all(slow)).map((answer) => answer.text)).toEqual(Array.from({ length: 8 }, () => 'late'))
    await untilNobodyIsLeft()
    await gateway.launch(2)
    expect((await ask(gateway.front, '/')).text).toBe('fast')
  })

  test('by kill -9 while a worker hangs: the next gateway takes its doors, also with one worker', async () => {
    gateway = await GatewayProcess.start(2)
    const { port } = await slowHost()
    await gateway.apply(onHosts(port))
    const { workerPids } = await gateway.state()
    process.kill(workerPids[0]!, 'SIGSTOP')
    gateway.child.kill('SIGKILL')
    await until('the other one is gone', () => !isThere(workerPids[1]!), startMs)
    expect(isThere(workerPids[0]!)).toBe(true)
    await gateway.launch(1)
    await until(
      'the doors are open',
      async () => (await ask(gateway.front, '/').catch(() => undefined))?.text === 'fast',
    )
    expect(isThere(workerPids[0]!)).toBe(false)
  })

  test('by TERM: requests in flight end, exit 0, nobody is left', async () => {
    gateway = await GatewayProcess.start(3)
    const { port, held } = await slowHost()
    await gateway.apply(onHosts(port))
    const slow = Array.from({ length: 6 }, async () => await ask(gateway.front, '/slow'))
    await until('all are held', () => held.length === 6)
    gateway.child.kill('SIGTERM')
    const exited = once(gateway.child, 'exit')
    await until(
      'the doors are closed',
      async () =>
        await ask(gateway.front, '/').then(
          () => false,
          () => true,
        ),
    )
    for (const response of held) response.end('late')
    expect((await Promise.all(slow)).every((answer) => answer.text === 'late')).toBe(true)
    expect(await exited).toEqual([0, null])
    expect(gateway.left()).toEqual([])
  })
})
