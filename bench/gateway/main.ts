import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runLoad, type LoadResult } from './load.ts'
import { proxiesFor, type Proxy } from './proxies.ts'

/**
 * The gateway side by side with other proxies, alternating, in the same run: `node bench/gateway/main.ts
 * [--runs 3] [--seconds 5] [--rate 1200]`. Each proxy is one process on one core. Compare only within one run.
 */
const { values } = parseArgs({
  options: { runs: { type: 'string' }, seconds: { type: 'string' }, rate: { type: 'string' } },
})
const runs = Number(values.runs ?? '3')
const seconds = Number(values.seconds ?? '5')
const rate = Number(values.rate ?? '1200')
const ticksPerSecond = 100

interface Measured {
  readonly open: LoadResult
  readonly openCpuUs: number
  readonly closed: LoadResult
  readonly closedCpuUs: number
  readonly residentMb: number
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0

function start(command: readonly string[], core: number): ChildProcess {
  const [program, ...args] = canPin ? ['taskset', '-c', String(core), ...command] : command
  return spawn(program!, args, { stdio: 'ignore' })
}

async function answers(port: number, child: ChildProcess): Promise<boolean> {
  for (let i = 0; i < 100 && child.exitCode === null; i += 1) {
    const status = await fetch(`http://127.0.0.1:${port}/api/bench/1`).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}

function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0') / 1024
}

async function measure(port: number, pid: number): Promise<Measured> {
  const load = { port, path: '/api/bench/1', connections: 64 }
  await runLoad({ ...load, seconds: Math.min(2, seconds) })
  const before = cpuUs(pid)
  const open = await runLoad({ ...load, seconds, rate })
  const between = cpuUs(pid)
  const closed = await runLoad({ ...load, seconds })
  const after = cpuUs(pid)
  return {
    open,
    openCpuUs: (between - before) / open.requests,
    closed,
    closedCpuUs: (after - between) / closed.requests,
    residentMb: residentMb(pid),
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const limit = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(limit)
}

async function measureProxy(proxy: Proxy, front: number): Promise<Measured | undefined> {
  if (proxy.command === undefined) return undefined
  const child = start(proxy.command, 0)
  try {
    return (await answers(front, child)) ? await measure(front, child.pid!) : undefined
  } finally {
    await stop(child)
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

function row(name: string, all: readonly Measured[]): string {
  const cells = [
    median(all.map((one) => one.openCpuUs)).toFixed(1),
    median(all.map((one) => one.open.p50Us)).toFixed(0),
    median(all.map((one) => one.open.p99Us)).toFixed(0),
    median(all.map((one) => one.closed.perSecond)).toFixed(0),
    `${Math.min(...all.map((one) => one.closed.perSecond)).toFixed(0)}–${Math.max(...all.map((one) => one.closed.perSecond)).toFixed(0)}`,
    median(all.map((one) => one.closedCpuUs)).toFixed(1),
    median(all.map((one) => one.residentMb)).toFixed(0),
    String(all.reduce((sum, one) => sum + one.open.failed + one.closed.failed, 0)),
  ]
  return `| ${name} | ${cells.join(' | ')} |`
}

const folder = mkdtempSync(join(tmpdir(), 'bench-gateway-'))
const ports = { front: await freePort(), origin: await freePort() }
const origin = start([process.execPath, join(import.meta.dirname, 'origin.ts'), String(ports.origin)], 1)
const found = new Map<string, Measured[]>()
try {
  if (!(await answers(ports.origin, origin))) throw new Error('the origin does not answer')
  const proxies = proxiesFor(ports, folder)
  for (let run = 1; run <= runs; run += 1) {
    found.set('direct', [...(found.get('direct') ?? []), await measure(ports.origin, origin.pid!)])
    for (const proxy of proxies) {
      const measured = await measureProxy(proxy, ports.front)
      if (measured !== undefined) found.set(proxy.name, [...(found.get(proxy.name) ?? []), measured])
      process.stderr.write(
        `run ${run} of ${runs}: ${proxy.name} ${measured === undefined ? 'not installed' : 'done'}\n`,
      )
    }
  }
  const text = `Medians of ${runs} runs, 64 keep-alive connections, 1 KiB GET; ${canPin ? 'proxy on one core, origin and load on the other' : 'not pinned'}.\n`
  process.stdout.write(
    `${text}\n| proxy | CPU µs/req at ${rate}/s | p50 µs | p99 µs | req/s closed loop | range | CPU µs/req | MB | failed |\n|---|---|---|---|---|---|---|---|---|\n`,
  )
  for (const name of ['direct', ...proxies.map((proxy) => proxy.name)]) {
    const all = found.get(name)
    process.stdout.write(`${all === undefined ? `| ${name} | not installed |` : row(name, all)}\n`)
  }
  const own = found.get('cofferdam') ?? []
  process.stdout.write(
    '\n| cofferdam ÷ | requests a second | worst–best pair | CPU: theirs ÷ ours |\n|---|---|---|---|\n',
  )
  for (const rival of ['haproxy', 'caddy', 'http-proxy']) {
    const all = found.get(rival)
    if (all === undefined) continue
    const pairs = all.map((one, run) => (own[run]?.closed.perSecond ?? Number.NaN) / one.closed.perSecond)
    const cpu = median(all.map((one) => one.closedCpuUs)) / median(own.map((one) => one.closedCpuUs))
    process.stdout.write(
      `| ${rival} | ${median(pairs).toFixed(2)} | ${Math.min(...pairs).toFixed(2)}–${Math.max(...pairs).toFixed(2)} | ${cpu.toFixed(2)} |\n`,
    )
  }
  process.stdout.write('\nWhere a rival waits for origin and load, which share a core, only the CPU column compares.\n')
} finally {
  await stop(origin)
  rmSync(folder, { recursive: true, force: true })
}
