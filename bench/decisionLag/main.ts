import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createEngine } from '../../src/engine/createEngine.ts'
import type { Ports } from '../../src/engine/ports.ts'
import { createGatewayModel } from '../../src/engine/simulation/gatewayModel.fixture.ts'
import { systemClock } from '../../src/main/systemClock.ts'
import { createMemoryRuntime } from '../../src/runtime/memory/memoryRuntime.ts'
import { openSqliteStore } from '../../src/store/sqlite/openSqliteStore.ts'
import { organisationOf, serviceName } from './organisation.ts'

/**
 * From the cut of a slice's last cell to its saved decision, with many rollouts at once: the real engine over the real
 * store and the real clock; instances and cells are simulated.
 * `node bench/decisionLag/main.ts [--rollouts 100] [--services 100] [--hosts 4] [--seconds 60] [--rate 300]`
 * Services beyond the rollouts are idle: nothing of them moves, and they have no traffic.
 */
const { values } = parseArgs({
  options: {
    rollouts: { type: 'string', default: '100' },
    services: { type: 'string' },
    hosts: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '300' },
  },
})
const [rollouts, hosts, seconds] = [Number(values.rollouts), Number(values.hosts), Number(values.seconds)]
const services = Math.max(rollouts, Number(values.services ?? rollouts))
const folder = mkdtempSync(join(tmpdir(), 'bench-lag-'))
const store = openSqliteStore(join(folder, 'state.db'))
const lags: number[] = []
const moving = new Set(Array.from({ length: rollouts }, (_, number) => serviceName(number)))
const errors = new Map<string, number>()
let port = 40_000

const model = createGatewayModel({
  clock: systemClock,
  rate: (_, service) => (moving.has(service) ? Number(values.rate) : 0),
  badness: () => 0.001,
  onApplied: () => undefined,
})
/** The model counts answers; how long they took is added here, the same for each arm. */
const traffic: Ports['traffic'] = {
  ...model,
  cells: async (gateway, after, waitMs) => {
    const page = await model.cells(gateway, after, waitMs)
    return { ...page, cells: page.cells.map((cell) => ({ ...cell, durations: durationsOf(cell.requests) })) }
  },
}

/** Half around 5 ms, most of the rest twice as long, a few much longer; bucket numbers of the gateway's histogram. */
function durationsOf(requests: number): readonly (readonly [number, number])[] {
  const slow = Math.floor(requests / 100)
  const middle = Math.floor(requests / 2)
  return (
    [
      [40, requests - middle - slow],
      [46, middle],
      [60, slow],
    ] as const
  ).filter(([, count]) => count > 0)
}

const digestOf = (from: string) => `sha256:${from.padEnd(64, '0')}`
const ports: Ports = {
  store,
  clock: systemClock,
  runtime: createMemoryRuntime({ clock: systemClock, behave: () => ({ readyAfterMs: 20 }) }),
  traffic,
  builds: {
    snapshot: async (from) => ({ digest: digestOf(from), bytes: 1, files: 1 }),
    has: async () => true,
    path: (digest) => digest,
  },
  tests: { run: async (test) => ({ name: test.name, kind: test.kind, passed: true, ms: 1, text: 'ok' }) },
  reservePort: async () => (port += 1),
  report: (kind, error) => {
    const text = `${kind}: ${error instanceof Error ? error.message : String(error)}`
    errors.set(text, (errors.get(text) ?? 0) + 1)
  },
  measureLag: (ms) => lags.push(ms),
}

async function until(what: string, isTrue: () => Promise<boolean>, withinMs: number): Promise<void> {
  for (const endAtMs = performance.now() + withinMs; !(await isTrue()); ) {
    if (performance.now() > endAtMs) throw new Error(`${what} did not come within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function quantile(sorted: readonly number[], q: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN).toFixed(0)
}

const engine = createEngine(ports)
try {
  const organisation = organisationOf(services, hosts)
  await engine.api.apply(organisation, 'bench')
  await engine.start()
  for (const name of moving) await engine.api.addBuild({ service: name, from: `new-${name}`, name: 'new' })
  // A canary is refused until its traffic has been watched for some seconds.
  const told = async () => (await engine.api.plan({ service: serviceName(rollouts - 1), build: 'new' })).canTell
  if (rollouts > 0) await until('traffic', told, 120_000)
  for (const name of moving) {
    const answer = await engine.api.deploy({ service: name, build: 'new', by: 'bench' })
    if (!answer.accepted) throw new Error(`${name}: ${JSON.stringify(answer.holds)}`)
  }
  const phases = async () => (await store.list('rollout', { limit: 1_000 })).map((one) => one.document.phase)
  const held = async () => (await phases()).filter((phase) => phase === 'holding').length === rollouts
  await until(`${rollouts} canaries at their first share`, held, 300_000).catch(async (error: unknown) => {
    const last = [...errors].slice(-3).map(([text, count]) => `${count} × ${text}`)
    throw new Error(`now: ${(await phases()).join(' ')}; errors: ${last.join('; ') || 'none'}`, { cause: error })
  })
  lags.length = 0
  errors.clear()
  const before = { cpu: process.cpuUsage(), atMs: performance.now() }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const cpu = process.cpuUsage(before.cpu)
  const cores = (cpu.user + cpu.system) / 1_000 / (performance.now() - before.atMs)
  const sorted = lags.toSorted((a, b) => a - b)
  process.stdout.write(
    `${rollouts} rollouts, ${services} services × ${hosts} hosts, ${seconds} s, ${sorted.length} judged slices, real store and clock, simulated cells\n\n`,
  )
  process.stdout.write(
    '| decision lag p50 ms | p99 ms | longest ms | cores | MB | bound |\n|---|---|---|---|---|---|\n',
  )
  process.stdout.write(
    `| ${quantile(sorted, 0.5)} | ${quantile(sorted, 0.99)} | ${quantile(sorted, 1)} | ${cores.toFixed(2)} | ${(process.memoryUsage.rss() / 1024 / 1024).toFixed(0)} | p99 ≤ 1,000 |\n`,
  )
  for (const [text, count] of errors) process.stdout.write(`${count} × ${text}\n`)
} finally {
  await engine.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
}
// The simulated gateway goes on cutting cells for ever.
process.exit()
