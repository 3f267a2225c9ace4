import { Client } from 'undici'
import { parseArgs } from 'node:util'
import { layerOf, serviceOf, type TestHost } from '../../src/gateway/testBed.ts'
import { GatewayProcess } from '../../src/main/gatewayProcess.fixture.ts'

/**
 * New tables under load: in each, one of two hosts leaves and another comes. Nothing may fail, nobody may be answered by
 * a host that had left when the request began, and slow answers end on the host where they began. `node
 * bench/reload/main.ts [--seconds 60] [--generations 1000] [--rate 2000] [--workers 1]`; exit code 1 when one of it did.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    generations: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '2000' },
    workers: { type: 'string', default: '1' },
  },
})
const [seconds, generations, rate, workers] = [values.seconds, values.generations, values.rate, values.workers].map(
  Number,
) as [number, number, number, number]
const connections = 64
const hostCount = 4
const slowPerSecond = 10
const slowParts = 8
const slowPartMs = 100

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

/** Answers with its own number; `/slow` says it part by part. */
async function startNumbered(gateway: GatewayProcess, number: number): Promise<TestHost> {
  return await gateway.host((incoming, response) => {
    if (incoming.url !== '/slow') return void response.end(String(number))
    void (async () => {
      for (let part = 0; part < slowParts; part += 1) {
        response.write(String(number))
        await pause(slowPartMs)
      }
      response.end()
    })()
  })
}

/** The hosts of a generation; each has one that the one before does not have. */
function hostsOf(generation: number): readonly number[] {
  return [generation % hostCount, (generation + 1) % hostCount]
}

const seen = { requests: 0, failed: 0, wrong: 0, slow: 0, slowBroken: 0, lateMs: 0 }
const latencies: number[] = []
const swapMs: number[] = []
/** The last generation that is in force for certain, and the last that may be. */
let applied = 1
let asked = 1

function mayAnswer(number: number, from: number, to: number): boolean {
  for (let generation = from; generation <= to; generation += 1) if (hostsOf(generation).includes(number)) return true
  return false
}

async function sendOne(client: Client, dueAtMs: number): Promise<void> {
  const from = applied
  seen.requests += 1
  try {
    const { statusCode, body } = await client.request({ method: 'GET', path: '/' })
    const text = await body.text()
    latencies.push(performance.now() - dueAtMs)
    if (statusCode !== 200) seen.failed += 1
    else if (!mayAnswer(Number(text), from, asked)) seen.wrong += 1
  } catch {
    seen.failed += 1
  }
}

async function sendSlow(client: Client): Promise<void> {
  seen.slow += 1
  try {
    const { statusCode, body } = await client.request({ method: 'GET', path: '/slow' })
    const text = await body.text()
    if (statusCode !== 200 || text.length !== slowParts || new Set(text).size !== 1) seen.slowBroken += 1
  } catch {
    seen.slowBroken += 1
  }
}

async function send(clients: readonly Client[], startedAtMs: number): Promise<void> {
  const total = rate * seconds
  const running = new Set<Promise<void>>()
  for (let sent = 0; sent < total; ) {
    const dueBy = ((performance.now() - startedAtMs) / 1000) * rate
    for (; sent < Math.min(total, dueBy); sent += 1) {
      const dueAtMs = startedAtMs + (sent / rate) * 1000
      seen.lateMs = Math.max(seen.lateMs, performance.now() - dueAtMs)
      const one = sendOne(clients[sent % clients.length]!, dueAtMs)
      running.add(one)
      void one.finally(() => running.delete(one))
    }
    await pause(1)
  }
  await Promise.all(running)
}

async function sendSlowOnes(clients: readonly Client[]): Promise<void> {
  const running: Promise<void>[] = []
  for (let sent = 0; sent < seconds * slowPerSecond; sent += 1) {
    running.push(sendSlow(clients[sent % clients.length]!))
    await pause(1000 / slowPerSecond)
  }
  await Promise.all(running)
}

async function reload(gateway: GatewayProcess, hosts: readonly TestHost[], startedAtMs: number): Promise<void> {
  for (let at = 1; at <= generations; at += 1) {
    await pause(Math.max(0, startedAtMs + (at / generations) * seconds * 1000 - performance.now()))
    asked = applied + 1
    const ports = hostsOf(asked).map((number) => hosts[number]!.port)
    const putAtMs = performance.now()
    await gateway.apply([serviceOf('bench', '/', [layerOf('stable', { kind: 'everyone' }, ports)])])
    swapMs.push(performance.now() - putAtMs)
    applied = asked
  }
}

function quantiles(all: readonly number[], ...of: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b)
  return of
    .map((q) => (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN).toFixed(1))
    .join(' / ')
}

const gateway = await GatewayProcess.start(workers)
const clientsOf = (count: number): Client[] =>
  Array.from({ length: count }, () => new Client(`http://127.0.0.1:${gateway.front}`, { pipelining: 1 }))
const [clients, slowClients] = [clientsOf(connections), clientsOf(slowPerSecond * 2)]
try {
  const hosts = await Promise.all(Array.from({ length: hostCount }, async (_, n) => await startNumbered(gateway, n)))
  const ports = hostsOf(1).map((number) => hosts[number]!.port)
  await gateway.apply([serviceOf('bench', '/', [layerOf('stable', { kind: 'everyone' }, ports)])])
  const startedAtMs = performance.now()
  await Promise.all([send(clients, startedAtMs), sendSlowOnes(slowClients), reload(gateway, hosts, startedAtMs)])
  const tookSeconds = (performance.now() - startedAtMs) / 1000
  process.stdout.write(
    `${generations} tables in ${tookSeconds.toFixed(1)} s, ${workers} worker${workers === 1 ? '' : 's'}, ${connections} kept connections.\n\n| what | seen | allowed |\n|---|---|---|\n`,
  )
  const rows: readonly (readonly [string, string, string])[] = [
    [`requests, ${rate} a second`, String(seen.requests), '–'],
    ['of them failed', String(seen.failed), '0'],
    ['answered by a host that had left before', String(seen.wrong), '0'],
    [`answers of ${(slowParts * slowPartMs) / 1000} s`, String(seen.slow), '–'],
    ['of them not whole, or of two hosts', String(seen.slowBroken), '0'],
    ['a table is applied and durable after, ms: p50 / p99 / most', quantiles(swapMs, 0.5, 0.99, 1), '–'],
    ['latency of requests, ms: p50 / p99 / p99.9', quantiles(latencies, 0.5, 0.99, 0.999), '–'],
    ['a request was sent late by, ms, at most', seen.lateMs.toFixed(0), '–'],
  ]
  for (const row of rows) process.stdout.write(`| ${row.join(' | ')} |\n`)
  process.exitCode = seen.failed + seen.wrong + seen.slowBroken > 0 ? 1 : 0
} finally {
  await Promise.all([...clients, ...slowClients].map(async (client) => await client.destroy()))
  await gateway.end()
}
