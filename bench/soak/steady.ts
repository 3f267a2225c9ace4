import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { Client } from 'undici'
import { layerOf, serviceOf } from '../../src/gateway/testBed.ts'
import { GatewayProcess } from '../../src/main/gatewayProcess.fixture.ts'
import { median } from '../start/ratios.ts'

/**
 * Minutes of mixed load, and what it leaves behind: `node bench/soak/steady.ts [--minutes 10] [--rate 500] [--workers 1]`.
 * The memory and the descriptors of all processes of a gateway are read each second; exit code 1 when they grow, or when a
 * request fails that its client did not give up.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '500' },
    workers: { type: 'string', default: '1' },
  },
})
const [minutes, rate, workers] = [values.minutes, values.rate, values.workers].map(Number) as [number, number, number]
const connections = 32
const bodyBytes = 64 * 1024
/** Between the middle and the last third of the time, of the least that was seen in each: garbage comes and goes. */
const allowedGrowthMb = 10
const allowedGrowthShare = 0.05
/** Over those of an idle gateway, once the load is over: connections to hosts that are kept. */
const allowedDescriptors = 16
const settleMs = 90_000

interface Sample {
  readonly mb: number
  readonly descriptors: number
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

function sampleOf(pids: readonly number[]): Sample {
  const all = pids.map((pid) => ({
    mb: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0') / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }))
  return {
    mb: all.reduce((sum, one) => sum + one.mb, 0),
    descriptors: all.reduce((sum, one) => sum + one.descriptors, 0),
  }
}

const seen = { requests: 0, failed: 0, givenUp: 0 }
const body = Buffer.alloc(bodyBytes)

/** Of ten requests: seven small, one large up, one large down, one that its client gives up on a connection of its own. */
async function sendOne(client: Client, port: number, number: number): Promise<void> {
  const kind = number % 10
  if (kind === 9) {
    seen.givenUp += 1
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.end('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
    socket.once('data', () => socket.destroy())
    return
  }
  seen.requests += 1
  try {
    const { statusCode, body: answer } =
      kind === 7
        ? await client.request({ method: 'POST', path: '/', body })
        : await client.request({ method: 'GET', path: kind === 8 ? '/large' : `/item/${number}?q=${number}` })
    await answer.dump({ limit: 2 * bodyBytes })
    if (statusCode !== 200) seen.failed += 1
  } catch {
    seen.failed += 1
  }
}

async function send(clients: readonly Client[], port: number): Promise<void> {
  const startedAtMs = performance.now()
  const running = new Set<Promise<void>>()
  for (let sent = 0; performance.now() - startedAtMs < minutes * 60_000; ) {
    const dueBy = ((performance.now() - startedAtMs) / 1000) * rate
    // Behind by more than a second it leaves out what was due: memory is the question here, not time.
    if (running.size > rate) sent = Math.floor(dueBy)
    for (; sent < dueBy; sent += 1) {
      const one = sendOne(clients[sent % clients.length]!, port, sent)
      running.add(one)
      void one.finally(() => running.delete(one))
    }
    await pause(2)
  }
  await Promise.all(running)
}

const gateway = await GatewayProcess.start(workers)
const clients = Array.from({ length: connections }, () => new Client(`http://127.0.0.1:${gateway.front}`))
try {
  const listen = async (): Promise<number> => {
    const host = await gateway.host((incoming, response) => {
      incoming.resume()
      incoming.on('end', () => response.end(incoming.url === '/large' ? body : 'ok'))
    })
    return host.port
  }
  const ports = [await listen(), await listen()]
  await gateway.apply([serviceOf('soak', '/', [layerOf('stable', { kind: 'everyone' }, ports)])])
  await Promise.all(clients.map(async (client, at) => await sendOne(client, gateway.front, at * 10)))
  if (workers > 1) await gateway.spare()
  const pids = await gateway.pids()
  const idle = sampleOf(pids)
  const samples: Sample[] = []
  const timer = setInterval(() => samples.push(sampleOf(pids)), 1_000)
  await send(clients, gateway.front)
  clearInterval(timer)
  await Promise.all(clients.map(async (client) => await client.close()))
  let left = sampleOf(pids).descriptors - idle.descriptors
  for (const endAtMs = performance.now() + settleMs; left > allowedDescriptors && performance.now() < endAtMs; ) {
    await pause(500)
    left = sampleOf(pids).descriptors - idle.descriptors
  }
  const third = Math.floor(samples.length / 3)
  const least = (part: readonly Sample[]): number => Math.min(...part.map(({ mb }) => mb))
  const [middle, last] = [least(samples.slice(third, 2 * third)), least(samples.slice(2 * third))]
  const allowedMb = Math.max(allowedGrowthMb, middle * allowedGrowthShare)
  const open = samples.map(({ descriptors }) => descriptors)
  process.stdout.write(
    `${minutes} minutes at ${rate} requests a second, ${workers} worker${workers === 1 ? '' : 's'}, ${pids.length} processes.\n\n| what | seen | allowed |\n|---|---|---|\n`,
  )
  const rows: readonly (readonly [string, string, string])[] = [
    ['requests', String(seen.requests), '–'],
    ['of them failed', String(seen.failed), '0'],
    ['given up by their client beside', String(seen.givenUp), '–'],
    [
      'MB idle, least in the middle third, least in the last',
      [idle.mb, middle, last].map((mb) => mb.toFixed(0)).join(', '),
      '–',
    ],
    ['MB more in the last third than in the middle one', (last - middle).toFixed(1), allowedMb.toFixed(1)],
    ['descriptors under load: median (most)', `${median(open)} (${Math.max(...open)})`, '–'],
    ['descriptors more than idle, after it', String(left), String(allowedDescriptors)],
  ]
  for (const row of rows) process.stdout.write(`| ${row.join(' | ')} |\n`)
  process.exitCode = seen.failed > 0 || last - middle > allowedMb || left > allowedDescriptors ? 1 : 0
} finally {
  await Promise.all(clients.map(async (client) => await client.destroy()))
  await gateway.end()
}
