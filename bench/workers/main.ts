import { spawn, type ChildProcess } from 'node:child_process'
import { parseArgs } from 'node:util'
import { ask, layerOf, serviceOf } from '../../src/gateway/testBed.ts'
import { GatewayProcess } from '../../src/main/gatewayProcess.fixture.ts'
import { median, spread } from '../start/ratios.ts'

/**
 * From `kill -9` of a worker to the moment when another one serves in its place, under requests that never stop:
 * `node bench/workers/main.ts [--workers 2] [--kills 20] [--rate 100] [--busy 0]`. Busy are processes beside it that do
 * nothing but use the processor. Exit code 1 when a replacement took longer than a second.
 */
const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    kills: { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
    busy: { type: 'string', default: '0' },
  },
})
const [workers, kills, rate, busy] = [values.workers, values.kills, values.rate, values.busy].map(Number) as [
  number,
  number,
  number,
  number,
]
const boundMs = 1_000
/** A place whose worker lived shorter is filled with a delay, the second time. */
const healthyMs = 10_000
const startMs = 60_000

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

/** Kills `count` workers at once. @returns after how many milliseconds each next one was replaced. */
async function replace(gateway: GatewayProcess, count: number, at: number): Promise<readonly number[]> {
  await gateway.spare()
  const { workerPids } = await gateway.state()
  const killed = Array.from({ length: count }, (_, offset) => workerPids[(at + offset) % workerPids.length]!)
  const killedAtMs = performance.now()
  for (const pid of killed) process.kill(pid, 'SIGKILL')
  const replacedMs: number[] = []
  while (replacedMs.length < count) {
    const now = await gateway.workersNow()
    const sinceMs = performance.now() - killedAtMs
    if (sinceMs > startMs) throw new Error(`no worker took the place of ${killed.join(', ')} within ${startMs} ms`)
    const fresh = now.filter((pid) => !workerPids.includes(pid)).length
    while (replacedMs.length < fresh) replacedMs.push(sinceMs)
    await pause(2)
  }
  return replacedMs
}

function startBusy(): readonly ChildProcess[] {
  return Array.from({ length: busy }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
}

const seen = { requests: 0, failed: 0 }
const burners = startBusy()
const gateway = await GatewayProcess.start(workers)
try {
  const host = await gateway.host((_incoming, response) => response.end('ok'))
  await gateway.apply([serviceOf('bench', '/', [layerOf('stable', { kind: 'everyone' }, [host.port])])])
  let isOver = false
  const load = (async () => {
    const open = new Set<Promise<void>>()
    while (!isOver) {
      const one = ask(gateway.front, '/').then(
        () => undefined,
        () => void (seen.failed += 1),
      )
      seen.requests += 1
      open.add(one)
      void one.finally(() => open.delete(one))
      await pause(1000 / rate)
    }
    await Promise.all(open)
  })()
  const single: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    single.push(...(await replace(gateway, 1, kill)))
    // Each place is killed in turn; its worker has lived long enough when its turn comes again.
    await pause(healthyMs / workers + 200)
  }
  const [oneFailed, oneRequests] = [seen.failed, seen.requests]
  await pause(healthyMs)
  const second: number[] = []
  if (workers > 1) {
    for (let kill = 0; kill < Math.ceil(kills / 4); kill += 1) {
      second.push(...(await replace(gateway, 2, kill)).slice(1))
      await pause(healthyMs + 200)
    }
  }
  isOver = true
  await load
  process.stdout.write(
    `${workers} workers, ${rate} requests a second on connections of their own, ${busy} busy processes beside.\n\n`,
  )
  process.stdout.write('| killed | replaced after, ms: median (least–most) | kills | bound, ms |\n|---|---|---|---|\n')
  process.stdout.write(`| one worker | ${spread(single)} | ${single.length} | ${boundMs} |\n`)
  if (second.length > 0)
    process.stdout.write(`| two at once: the second | ${spread(second)} | ${second.length} | – (a process starts) |\n`)
  process.stdout.write(
    `\nOf ${oneRequests} requests while single workers were killed ${oneFailed} had no answer: those that a killed one was answering.\n`,
  )
  const worst = Math.max(...single)
  if (worst > boundMs) process.stdout.write(`missed: ${worst.toFixed(0)} ms (median ${median(single).toFixed(0)})\n`)
  process.exitCode = worst > boundMs ? 1 : 0
} finally {
  await gateway.end()
  for (const burner of burners) burner.kill('SIGKILL')
}
