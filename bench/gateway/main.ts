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
 * [--runs 3] [--seconds 5] [--only haproxy,nginx]`. Each proxy is one process on one core. Compare only within one run.
 */
const { values } = parseArgs({
  options: { runs: { type: 'string' }, seconds: { type: 'string' }, only: { type: 'string' } },
})
const runs = Number(values.runs ?? '3')
const seconds = Number(values.seconds ?? '5')
const ticksPerSecond = 100

interface Measured {
  /** As fast as answers come. */
  readonly closed: LoadResult
  readonly closedCpuUs: number
  /** At half of that. */
  readonly half: LoadResult
  readonly halfCpuUs: number
  /** The same rate without a proxy. */
  readonly direct: LoadResult
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
  const closed = await runLoad({ ...load, seconds })
  const between = cpuUs(pid)
  const rate = closed.perSecond / 2
  const half = await runLoad({ ...load, seconds, rate })
  const after = cpuUs(pid)
  return {
    closed,
    closedCpuUs: (between - before) / closed.requests,
    half,
    halfCpuUs: (after - between) / half.requests,
    direct: await runLoad({ ...load, port: ports.origin, seconds, rate }),
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

/** `median (least–most)` */
function spread(values: readonly number[], digits: number): string {
  const [least, most] = [Math.min(...values).toFixed(digits), Math.max(...values).toFixed(digits)]
  return `${median(values).toFixed(digits)} (${least}–${most})`
}

function row(name: string, all: readonly Measured[]): string {
  const of = (value: (one: Measured) => number): number[] => all.map(value)
  const cells = [
    spread(
      of((one) => one.closed.perSecond),
      0,
    ),
    spread(
      of((one) => one.closedCpuUs),
      1,
    ),
    median(of((one) => one.halfCpuUs)).toFixed(1),
    ...(['p50Us', 'p99Us', 'p999Us'] as const).map((quantile) =>
      name === 'direct' ? '–' : median(of((one) => one.half[quantile] - one.direct[quantile])).toFixed(0),
    ),
    median(of((one) => one.residentMb)).toFixed(0),
    String(of((one) => one.closed.failed + one.half.failed).reduce((sum, failed) => sum + failed, 0)),
  ]
  return `| ${name} | ${cells.join(' | ')} |`
}

function ratioRow(rival: string, theirs: readonly Measured[], own: readonly Measured[]): string {
  const pairs = theirs.flatMap((one, run) => (own[run] === undefined ? [] : [{ one, ours: own[run] }]))
  const perSecond = pairs.map(({ one, ours }) => ours.closed.perSecond / one.closed.perSecond)
  const cpu = pairs.map(({ one, ours }) => one.closedCpuUs / ours.closedCpuUs)
  const p99 = pairs.map(
    ({ one, ours }) => (ours.half.p99Us - ours.direct.p99Us - one.half.p99Us + one.direct.p99Us) / 1000,
  )
  return `| ${rival} | ${spread(perSecond, 2)} | ${spread(cpu, 2)} | ${spread(p99, 1)} |`
}

const folder = mkdtempSync(join(tmpdir(), 'bench-gateway-'))
const ports = { front: await freePort(), origin: await freePort() }
const origin = start([process.execPath, join(import.meta.dirname, 'origin.ts'), String(ports.origin)], 1)
const found = new Map<string, Measured[]>()
try {
  if (!(await answers(ports.origin, origin))) throw new Error('the origin does not answer')
  // The load shares a core with the origin; the proxy has the other one for itself.
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)], { stdio: 'ignore' })
  const proxies = proxiesFor(ports, folder, values.only?.split(','))
  for (let run = 1; run <= runs; run += 1) {
    found.set('direct', [...(found.get('direct') ?? []), await measure(ports.origin, origin.pid!)])
    for (const proxy of proxies) {
      const measured = await measureProxy(proxy, ports.front)
      if (measured !== undefined) found.set(proxy.name, [...(found.get(proxy.name) ?? []), measured])
      process.stderr.write(`run ${run} of ${runs}: ${proxy.name} ${measured === undefined ? 'left out' : 'done'}\n`)
    }
  }
  process.stdout.write(
    `${runs} runs, 64 kept connections, 1 KiB GET; ${canPin ? 'proxy on one core, origin and load on the other' : 'not pinned'}.\n\n`,
  )
  const columns = [
    'proxy',
    'req/s',
    'CPU µs/req',
    'CPU µs/req at half',
    'added p50 µs',
    'added p99 µs',
    'added p99.9 µs',
  ]
  process.stdout.write(`| ${[...columns, 'MB', 'failed'].join(' | ')} |\n|---|---|---|---|---|---|---|---|---|\n`)
  for (const name of ['direct', ...proxies.map((proxy) => proxy.name)]) {
    const all = found.get(name)
    if (all !== undefined) process.stdout.write(`${row(name, all)}\n`)
  }
  for (const { name, from, command } of proxies) {
    if (command === undefined) process.stdout.write(`\n${name} is not here and was left out (${from}).\n`)
    else if (!found.has(name))
      process.stdout.write(`\n${name} did not answer and was left out (${command.join(' ')}).\n`)
  }
  process.stdout.write(
    '\n| cofferdam beside | requests a second: ours ÷ theirs | CPU a request: theirs ÷ ours | added p99: ours − theirs, ms |\n|---|---|---|---|\n',
  )
  const own = found.get('cofferdam') ?? []
  for (const { name } of proxies) {
    const all = found.get(name)
    if (name !== 'cofferdam' && all !== undefined) process.stdout.write(`${ratioRow(name, all, own)}\n`)
  }
  process.stdout.write(
    '\nMedian (least–most), of ratios over the pairs of one run. A proxy whose requests a second come near those of `direct` waits for origin and load, which share a core: there only the CPU columns compare.\n',
  )
} finally {
  await stop(origin)
  rmSync(folder, { recursive: true, force: true })
}
