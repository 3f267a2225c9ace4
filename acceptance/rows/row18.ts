import { setTimeout as pause } from 'node:timers/promises'
import { waitForCanary } from '../canaryOfPages.ts'
import { type Demo, waitForBuild } from '../demo.ts'
import type { Promotion } from '../documents.ts'
import { kill } from '../processes.ts'
import type { Report } from '../report.ts'
import { requestDeploy } from '../requestDeploy.ts'
import type { Row } from '../row.ts'
import { tryFor } from '../waitFor.ts'

export const row: Row = {
  id: 18,
  title: 'no traffic is not-enough-data, no measurements are cannot-see, and neither ever passes',
  run: async (context, report) => {
    const demo = await context.demo()
    await waitForBuild(demo, 'blog', 'good')
    await stopLoad(demo, report)
    await stopGateway(demo, report)
  },
}

async function start(demo: Demo): Promise<string> {
  const id = await requestDeploy(demo, { service: 'blog', build: 'good' })
  await waitForCanary(demo, id)
  return id
}

async function stopLoad(demo: Demo, report: Report): Promise<void> {
  const id = await start(demo)
  const pid = demo.ready().load?.pid ?? 0
  kill(pid, 'SIGSTOP')
  try {
    // What was in flight is still judged; then there is nothing more.
    await pause(15_000)
    const seen = await collect(demo, id, 60_000)
    const verdicts = new Set(seen.map((one) => one.rollout?.verdict))
    report.check(
      seen.length > 50 && verdicts.size === 1 && verdicts.has('not-enough-data'),
      `load stopped: for 60 s the verdict was ${[...verdicts].join(', ')} (not-enough-data)`,
    )
    const rules = new Set(seen.flatMap((one) => one.holds.map((hold) => hold.rule)))
    report.check(rules.has('not-enough-data'), `holds: ${[...rules].join(', ')} (not-enough-data among them)`)
    const shares = new Set(seen.map((one) => one.rollout?.share.set))
    report.check(
      shares.size === 1 && seen.every((one) => one.phase === 'moving' && one.rollout?.hosts.onNew === 0),
      `it did not move on: share ${[...shares].join(', ')}`,
    )
  } finally {
    kill(pid, 'SIGCONT')
    await demo.cli(['promotion', 'abort', id], 60_000)
  }
}

async function stopGateway(demo: Demo, report: Report): Promise<void> {
  const id = await start(demo)
  const pid = demo.ready().gateways[0]?.pid ?? 0
  kill(pid, 'SIGSTOP')
  try {
    const seen = await collect(demo, id, 20_000)
    const blind = seen.filter((one) => one.rollout?.verdict === 'cannot-see')
    report.check(
      blind.length > 0,
      `gateway stopped: verdict ${[...new Set(seen.map((one) => one.rollout?.verdict))].join(', ')} (cannot-see among them)`,
    )
    report.check(
      blind.some((one) => one.holds.some((hold) => hold.rule === 'cannot-see')),
      `its hold: ${[...new Set(blind.flatMap((one) => one.holds.map((hold) => hold.rule)))].join(', ')}`,
    )
    report.check(
      seen.every((one) => one.rollout?.verdict !== 'pass'),
      'never pass',
    )
  } finally {
    kill(pid, 'SIGCONT')
  }
  const on = await tryFor(
    async () => {
      const promotion = await demo.api().promotion(id)
      const moved =
        promotion.phase === 'done' ||
        (promotion.rollout?.share.set ?? 0) > 0.05 ||
        (promotion.rollout?.hosts.onNew ?? 0) > 0
      return moved || promotion.phase === 'rolled-back' ? promotion : undefined
    },
    { withinMs: 400_000, everyMs: 500 },
  )
  report.check(
    on.value !== undefined && on.value.phase !== 'rolled-back',
    `after -CONT it goes on: ${on.value?.phase}, share ${on.value?.rollout?.share.set}, ${on.value?.result?.text ?? ''}`,
  )
  await demo.cli(['promotion', 'abort', id], 60_000)
}

async function collect(demo: Demo, id: string, forMs: number): Promise<readonly Promotion[]> {
  const seen: Promotion[] = []
  for (const until = Date.now() + forMs; Date.now() < until; await pause(200)) {
    try {
      seen.push(await demo.api().promotion(id))
    } catch {
      // Asked again at once.
    }
  }
  return seen
}
