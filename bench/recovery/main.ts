import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Demo, startDemo } from '../../acceptance/demo.ts'
import { freshClone } from '../../acceptance/freshClone.ts'
import { kill } from '../../acceptance/processes.ts'
import { waitFor } from '../../acceptance/waitFor.ts'
import { spread } from '../start/ratios.ts'

/**
 * From kill -9 of a process of ours to its next answer, and what its start costs of the processor, its threads together.
 * `node bench/recovery/main.ts [--runs 10] [--rate 20]`
 */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, rate: { type: 'string', default: '20' } },
})
const runs = Number(values.runs)
const root = mkdtempSync(join(tmpdir(), 'cfk-'))

interface Recovery {
  readonly ms: number
  readonly cpuMs: number
}

/** User and system time of a process so far. The kernel counts in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function recover(pidNow: () => number | null, url: string): Promise<Recovery> {
  const before = pidNow()
  if (before === null) throw new Error('it is not running')
  kill(before, 'SIGKILL')
  const killedAtMs = performance.now()
  return waitFor(
    url,
    async () => {
      const pid = pidNow()
      if (pid === null || pid === before) return undefined
      const answer = await fetch(url).catch(() => undefined)
      return answer?.ok ? { ms: performance.now() - killedAtMs, cpuMs: cpuMsOf(pid) } : undefined
    },
    { withinMs: 30_000, everyMs: 10 },
  )
}

/** A process that lived so long is healthy: its next death is the first one again. */
async function live(demo: Demo): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 11_000))
  if (demo.exitCode() !== null) throw new Error(`the demo ended with ${demo.exitCode()}`)
}

function row(what: string, of: readonly Recovery[], bound: string): string {
  return `| ${what} | ${spread(of.map((one) => one.ms))} | ${spread(of.map((one) => one.cpuMs))} | ${bound} |\n`
}

try {
  const clone = freshClone(join(root, 'clone'), true)
  const demo = await startDemo({ clone, folder: root, rate: Number(values.rate) })
  try {
    const [controlPlane, gateway]: [Recovery[], Recovery[]] = [[], []]
    for (let run = 0; run < runs; run += 1) {
      await live(demo)
      controlPlane.push(await recover(() => demo.ready().controlPlane.pid, `${demo.ready().api}/readyz`))
    }
    for (let run = 0; run < runs; run += 1) {
      await live(demo)
      const url = demo.ready().gateways[0]!.metrics.replace('/metrics', '/healthz')
      gateway.push(await recover(() => demo.ready().gateways[0]?.pid ?? null, url))
    }
    process.stdout.write('| killed | ms to the next answer | processor ms until then | bound |\n|---|---|---|---|\n')
    process.stdout.write(row('control plane', controlPlane, '≤ 5,000 ms'))
    process.stdout.write(row('gateway', gateway, '–'))
  } finally {
    await demo.sweep()
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
