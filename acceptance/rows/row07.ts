import { setTimeout as pause } from 'node:timers/promises'
import { caused, describeClient, describeSeen } from '../client.ts'
import { type Demo, waitForBuild } from '../demo.ts'
import type { Event } from '../documents.ts'
import { addTree, layTree } from '../exampleTree.ts'
import { isAlive, kill, startTicks } from '../processes.ts'
import type { Report } from '../report.ts'
import type { Row } from '../row.ts'
import { waitFor } from '../waitFor.ts'
import { travel, waitForQuiet } from '../voyage.ts'

/** Moments of kill -9 per deploy: ten in all. */
const plans = [
  { defect: undefined, kills: 4, code: 0, phase: 'done' },
  { defect: 'bad-errors', kills: 2, code: 4, phase: 'rolled-back' },
  { defect: 'bad-latency', kills: 4, code: 4, phase: 'rolled-back' },
] as const

export const row: Row = {
  id: 7,
  title: 'a control plane killed at random moments costs no request, no instance and no event',
  run: async (context, report) => {
    const demo = await context.demo()
    await waitForBuild(demo, 'blog', 'good')
    const known: Event[] = []
    for (const plan of plans) {
      const build =
        plan.defect === undefined ? 'good' : (await addTree(demo, 'blog', layTree(context, 'blog', plan.defect))).digest
      let ended = false
      const killing = killAtRandom(demo, plan.kills, known, report, () => ended)
      const voyage = await travel(demo, build)
      ended = true
      const kills = await killing
      report.measure(
        `${plan.defect ?? 'good'}: ${kills} kills; ${describeClient(voyage.seen)}; "${voyage.promotion?.result?.text}"`,
      )
      report.check(
        voyage.result.code === plan.code && voyage.promotion?.phase === plan.phase,
        `${plan.defect ?? 'good'}: exit ${voyage.result.code} (${plan.code}), ${voyage.promotion?.phase} (${plan.phase})`,
      )
      const { requestedAt, result } = voyage.promotion ?? {}
      const firstBad = result?.at.firstBad
      // A control plane that comes back reads again what its gateway kept: what was bad before is another build's.
      report.check(
        firstBad === undefined || Date.parse(firstBad) >= Date.parse(requestedAt ?? ''),
        `its first bad request ${firstBad ?? '(none)'} is not older than the deploy ${requestedAt}`,
      )
      const own = caused(voyage.seen)
      report.check(own.length === 0, `${own.length} failures caused (0)${own[0] ? `: ${describeSeen(own[0])}` : ''}`)
      await waitForQuiet(demo, 'blog')
    }
    const all = await demo.api().events(0)
    const gaps = all.filter((event, at) => event.id !== at + 1)
    report.check(gaps.length === 0, `${all.length} events, ids 1 to ${all.at(-1)?.id} without gap`)
    const byId = new Map(all.map((event) => [event.id, JSON.stringify(event)]))
    const lost = known.filter((event) => byId.get(event.id) !== JSON.stringify(event))
    report.check(
      lost.length === 0,
      `each of ${known.length} events that were read before a kill is still there as it was`,
    )
  },
}

async function killAtRandom(
  demo: Demo,
  kills: number,
  known: Event[],
  report: Report,
  ended: () => boolean,
): Promise<number> {
  let done = 0
  while (done < kills) {
    await pause(3_000 + Math.random() * 12_000)
    if (ended()) break
    await killOnce(demo, known, report)
    done += 1
  }
  return done
}

async function killOnce(demo: Demo, known: Event[], report: Report): Promise<void> {
  const api = demo.api()
  // The first request after a kill may be sent on a connection of the process that is gone.
  const [before, status] = await waitFor(
    'events and status before a kill',
    () => Promise.all([api.events(known.at(-1)?.id ?? 0), api.status()]),
    { withinMs: 20_000 },
  )
  known.push(...before)
  const { pid } = demo.ready().controlPlane
  const instances = status.environments
    .flatMap((environment) =>
      environment.services.flatMap((service) => [...service.hosts, ...service.kept].flatMap((host) => host.pid ?? [])),
    )
    .map((one) => ({ pid: one, ticks: startTicks(one) }))
  kill(pid, 'SIGKILL')
  const begun = performance.now()
  await waitFor(
    'a new control plane',
    () => (demo.ready().controlPlane.pid !== pid && demo.ready().controlPlane.pid !== null ? true : undefined),
    { withinMs: 10_000, everyMs: 10 },
  )
  // Looked at before the new one can have stopped anything of its own.
  const gone = instances.filter((one) => !isAlive(one.pid) || startTicks(one.pid) !== one.ticks)
  await waitFor('/readyz', async () => ((await fetch(`${demo.ready().api}/readyz`)).ok ? true : undefined), {
    withinMs: 20_000,
    everyMs: 50,
  })
  const ms = Math.round(performance.now() - begun)
  report.check(ms <= 5_000, `/readyz ${ms} ms after kill -9 of ${pid} (at most 5,000)`)
  report.check(
    gone.length === 0,
    `${instances.length - gone.length} of ${instances.length} instances with their pid and start time`,
  )
}
