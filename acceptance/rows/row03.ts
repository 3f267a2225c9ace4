import { caused, describeClient, describeSeen } from '../client.ts'
import type { Context } from '../context.ts'
import type { Demo } from '../demo.ts'
import { type Defect, defects } from '../defects.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Report } from '../report.ts'
import type { Row } from '../row.ts'
import { firstCanaryMs, runTimed, travel, type Voyage, waitForQuiet } from '../voyage.ts'

interface Ending {
  readonly late: number
  readonly voyage: Voyage
  /** Milliseconds from the moment that the table counts from; undefined if that never came. */
  readonly ms?: number
}

export const row: Row = {
  id: 3,
  title: 'each bad build comes home by itself, where and when the table says',
  run: async (context, report) => {
    const demo = await context.demo()
    const chosen = context.quick ? defects.slice(0, 3) : defects
    const runs = context.runs(10)
    const inTime = new Map<string, number>()
    for (let run = 0; run < runs; run += 1) {
      for (const defect of shuffle(chosen)) {
        const once = () => send(context, demo, defect, report)
        const ending = await runTimed(once, report, context.quick ? 1 : 4)
        if (await judge(demo, defect, ending, report)) inTime.set(defect.name, (inTime.get(defect.name) ?? 0) + 1)
      }
    }
    for (const { name, withinMs } of chosen)
      report.check(
        (inTime.get(name) ?? 0) >= Math.ceil(runs * 0.9),
        `${name}: ${inTime.get(name) ?? 0} of ${runs} within ${withinMs / 1000} s`,
      )
  },
}

/** Under a name that says nothing, with a file that makes its digest another one. */
async function send(context: Context, demo: Demo, defect: Defect, report: Report): Promise<Ending> {
  const build = await addTree(demo, 'blog', layTree(context, 'blog', defect.name))
  const voyage = await travel(demo, build.digest)
  const from = startOf(defect, voyage)
  const ms = from === undefined ? undefined : voyage.result.endedAtMs - from
  report.measure(
    `${defect.name} as ${build.name}: ${ms === undefined ? 'never begun' : `${(ms / 1000).toFixed(1)} s`}; ${describeClient(voyage.seen)}`,
  )
  report.measure(`  "${voyage.promotion?.result?.text ?? voyage.result.stdout.slice(0, 300)}"`)
  return { late: voyage.late, voyage, ...(ms === undefined ? {} : { ms }) }
}

function startOf({ from }: Defect, voyage: Voyage): number | undefined {
  if (from === 'command') return voyage.result.startedAtMs
  if (from === 'canary') return firstCanaryMs(voyage)
  // What it does in the batches begins with the first host of a batch, its onset when all hosts are on it.
  const wanted = from === 'batch' ? 1 : 4
  return voyage.samples.find(({ promotion }) => (promotion.rollout?.hosts.onNew ?? 0) >= wanted)?.atMs
}

async function judge(demo: Demo, defect: Defect, { voyage, ms }: Ending, report: Report): Promise<boolean> {
  const { name } = defect
  const { result, promotion, seen } = voyage
  const end = promotion?.result
  report.check(
    result.code === 4 && promotion?.phase === 'rolled-back',
    `${name}: exit ${result.code} (4), ${promotion?.phase} (rolled-back)`,
  )
  report.check(defect.stages.includes(end?.stage ?? ''), `${name}: in ${end?.stage} (${defect.stages.join(' or ')})`)
  report.check(defect.causes.includes(end?.cause ?? ''), `${name}: cause ${end?.cause} (${defect.causes.join(' or ')})`)
  if (defect.metric !== undefined)
    report.check(end?.metric === defect.metric, `${name}: metric ${end?.metric} (${defect.metric})`)
  if (defect.stages.includes('staging')) {
    const touched = seen.filter((one) => one.layer !== 'stable').length
    report.check(
      touched === 0 && (promotion?.rollout?.arms.canary.requests ?? 0) === 0,
      `${name}: ${touched} production requests (0)`,
    )
  }
  const own = caused(seen)
  report.check(
    own.length === 0,
    `${name}: ${own.length} answers of the gateway's own or resets (0)${own[0] ? `: ${describeSeen(own[0])}` : ''}`,
  )
  const hosts = await waitForQuiet(demo, 'blog')
  report.check(
    hosts.length === 4 &&
      hosts.every((host) => host.digest !== promotion?.candidate.digest) &&
      new Set(hosts.map((host) => host.digest)).size === 1,
    `${name}: ${hosts.length} hosts on the old digest, no guest left`,
  )
  return ms !== undefined && ms <= defect.withinMs
}

function shuffle<T>(list: readonly T[]): readonly T[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
