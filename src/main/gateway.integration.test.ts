import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTraffic } from '../adapters/gateway/traffic.ts'
import type { RouteTable } from '../domain/routing/table.ts'
import { ask, freePort, layerOf, serviceOf, startHost, until, type TestHost } from '../gateway/testBed.ts'
import { createLifeline, type Lifeline } from './lifeline.ts'

let home: string
let dir: string
let host: TestHost
let port: number
const children: ChildProcess[] = []

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'gateway-process-'))
  dir = join(home, 'gateways', 'g1')
  host = await startHost((_request, response) => response.end('host'))
  port = await freePort()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await host.close()
  rmSync(home, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  readonly output: () => string
}

function launch(args: readonly string[], lifeline?: Lifeline): Started {
  const child = spawn(process.execPath, ['src/main/gateway.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', ...(lifeline === undefined ? [] : [lifeline.openReadEnd()])],
    env: { ...process.env, ...(lifeline === undefined ? {} : { COFFERDAM_LIFELINE: '1' }) },
  })
  children.push(child)
  let output = ''
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, exited, output: () => output }
}

async function start(lifeline?: Lifeline): Promise<Started> {
  const started = launch(['--dir', dir, '--id', 'g1'], lifeline)
  await until('the gateway has started', () => started.output().includes('"started"'), 10_000)
  return started
}

function tableOf(generation: number): string {
  const services = [serviceOf('cart', '/', [layerOf('stable', { kind: 'everyone' }, [host.port])])]
  const doors = [{ id: 'production/front', kind: 'front' as const, port, servedBy: 'always' as const, strict: false }]
  const table: RouteTable = {
    schema: 'cofferdam.table/1',
    generation,
    environments: [{ name: 'production', doors, services }],
  }
  return JSON.stringify(table)
}

describe('a gateway process', () => {
  test('serves by the table on its disk also where it can write nothing there', async () => {
    const first = await start()
    await createTraffic(home).put('g1', tableOf(3))
    first.child.kill('SIGKILL')
    await first.exited
    // What a full disk is to it: no file can be made.
    mkdirSync(join(dir, 'metrics.json.tmp'))
    const { output } = await start()
    expect(output()).toContain('metrics.json cannot be written')
    expect((await ask(port, '/')).text).toBe('host')
  })

  test('answers on its admin socket through the Traffic port', async () => {
    const { child } = await start()
    const traffic = createTraffic(home)
    expect(traffic.gateways()).toEqual(['g1'])
    expect(await traffic.state('g1')).toMatchObject({
      id: 'g1',
      pid: child.pid,
      workers: 1,
      generation: 0,
      appliedAt: null,
      unwatched: [],
    })
    expect(statSync(join(dir, 'admin.sock')).mode & 0o777).toBe(0o600)

    const put = await traffic.put('g1', tableOf(3))
    expect(put).toMatchObject({ applied: true, generation: 3 })
    expect(JSON.parse(readFileSync(join(dir, 'table.json'), 'utf8'))).toMatchObject({ generation: 3 })
    expect(await traffic.put('g1', tableOf(3))).toEqual({ applied: false, generation: 3, problems: [] })
    expect(await traffic.put('g1', '{}')).toMatchObject({
      applied: false,
      generation: 3,
      problems: expect.arrayContaining([expect.stringContaining('schema')]),
    })

    expect((await ask(port, '/x')).text).toBe('host')
    expect(await traffic.pools('g1')).toMatchObject([
      { service: 'cart', layer: 'stable', host: '1', up: true, inFlight: 0 },
    ])
    const first = await traffic.cells('g1', 0, 0)
    const { cells, next } = await traffic.cells('g1', first.next, 2_000)
    expect(next).toBe(first.next + 1)
    expect([...first.cells, ...cells]).toMatchObject([{ requests: 1, bad: 0, byCode: { '2xx': 1 } }])
    expect(
      await traffic.explain('g1', { method: 'get', url: `http://127.0.0.1:${port}/x`, headers: {} }),
    ).toMatchObject({ service: 'cart', layer: 'stable', host: '1', status: 200 })
    await expect(traffic.explain('g1', { method: 'GET', url: '/', headers: {}, door: 'no' })).rejects.toThrow(
      /no door for "no"/,
    )
    expect(await traffic.requests('g1', { service: 'cart' })).toMatchObject([{ status: 200, route: '/' }])
    const name = { environment: 'production', service: 'cart', layer: 'stable' }
    await traffic.watched('g1', [name], 3)
    await expect(traffic.watched('g1', [name], 2)).rejects.toMatchObject({ code: 'stale-generation' })

    const { port: metricsPort } = JSON.parse(readFileSync(join(dir, 'metrics.json'), 'utf8')) as { port: number }
    expect((await ask(metricsPort, '/metrics')).text).toMatch(/cofferdam_requests_total\{.*code="2xx"\} 1\n/)
    expect((await ask(metricsPort, '/healthz')).text).toBe('ok\n')
  })

  test('works by its last table after kill -9, and refuses an older one', async () => {
    const first = await start()
    await createTraffic(home).put('g1', tableOf(7))
    first.child.kill('SIGKILL')
    await first.exited
    await start()
    expect((await ask(port, '/')).text).toBe('host')
    expect(await createTraffic(home).put('g1', tableOf(6))).toMatchObject({ applied: false, generation: 7 })
  })

  test('a damaged table on disk is said, and a new one taken', async () => {
    const first = await start()
    first.child.kill('SIGKILL')
    await first.exited
    writeFileSync(join(dir, 'table.json'), '{"schema":')
    const { output } = await start()
    expect(output()).toContain('the table on disk cannot be used')
    expect(await createTraffic(home).put('g1', tableOf(1))).toMatchObject({ applied: true })
  })

  test('SIGTERM: requests in flight end, exit 0, nothing listens', async () => {
    const slow = await startHost((_request, response) => void setTimeout(() => response.end('late'), 300))
    const { child, exited } = await start()
    await createTraffic(home).put('g1', tableOf(1).replace(`:${host.port}"`, `:${slow.port}"`))
    const late = ask(port, '/')
    await until('it is in flight', async () => (await createTraffic(home).pools('g1'))[0]?.inFlight === 1)
    child.kill('SIGTERM')
    expect((await late).text).toBe('late')
    expect(await exited).toBe(0)
    expect(existsSync(join(dir, 'admin.sock'))).toBe(false)
    await expect(ask(port, '/')).rejects.toThrow()
    await slow.close()
  })

  test('SIGHUP does not end it; the end of its lifeline does', async () => {
    const lifeline = createLifeline(home)
    const { child, exited } = await start(lifeline)
    child.kill('SIGHUP')
    await createTraffic(home).put('g1', tableOf(1))
    expect((await ask(port, '/')).text).toBe('host')
    lifeline.cut()
    expect(await exited).toBe(0)
  })

  test('SIGTERM ends it while its lifeline holds', async () => {
    const lifeline = createLifeline(home)
    const { child, exited } = await start(lifeline)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    lifeline.cut()
  })

  test('a second one in the same folder is refused', async () => {
    await start()
    const second = launch(['--dir', dir, '--id', 'g1'])
    expect(await second.exited).toBe(3)
    expect(second.output()).toContain('another gateway answers')
  })

  test.each<[string[], string]>([
    [['--id', 'g1'], 'usage:'],
    [['--dir', '/tmp/x', '--id', 'g1', '--workers', '0'], '--workers is "0"; allowed: a whole number from 1 to 64'],
    [['--dir', '/tmp/x', '--id', 'g1', '--metrics-port', 'x'], '--metrics-port is "x"'],
  ])('%j is refused', async (args, text) => {
    const refused = launch(args)
    expect(await refused.exited).toBe(2)
    expect(refused.output()).toContain(text)
  })

  test('a path that is too long for a socket is refused with what to do', async () => {
    const long = join(home, 'x'.repeat(100))
    const refused = launch(['--dir', long, '--id', 'g1'])
    expect(await refused.exited).toBe(3)
    expect(refused.output()).toMatch(/has a path of \d+ bytes; allowed: 100\. Choose a shorter home/)
  })
})

test('a gateway that is not there is unreachable; one that hangs, too', async () => {
  const traffic = createTraffic(home)
  expect(traffic.gateways()).toEqual([])
  await expect(traffic.state('g1')).rejects.toMatchObject({ code: 'unreachable' })
  const { child } = await start()
  child.kill('SIGSTOP')
  await expect(traffic.state('g1')).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('no answer within'),
  })
  child.kill('SIGCONT')
  expect(await traffic.state('g1')).toMatchObject({ id: 'g1' })
})
