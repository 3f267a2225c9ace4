import { caused, describeClient, describeSeen, lateFraction, type Seen, startClient } from '../client.ts'
import type { Context } from '../context.ts'
import { type Demo, waitForBuild } from '../demo.ts'
import { addTree, layTree } from '../exampleTree.ts'
import { requestDeploy } from '../requestDeploy.ts'
import type { Row } from '../row.ts'
import { runTimed } from '../voyage.ts'

interface Return {
  readonly late: number
  readonly ms: number
  readonly code: number | null
  readonly commandAtMs: number
  readonly phaseBefore: string
  readonly text: string
  readonly digest: string
  readonly seen: readonly Seen[]
}

export const row: Row = {
  id: 15,
  title: 'a rollback in the bake is one shift within 5 s, and no request fails of it',
  run: async (context, report) => {
    const demo = await context.demo()
    // An emergency gets to its bake in a minute; the long run takes the whole way.
    const service = context.quick ? 'tag' : 'blog'
    const run = () => returnInBake(context, demo, service)
    const back = await runTimed(run, report, context.quick ? 1 : 4)
    report.measure(`${describeClient(back.seen)}; ${back.text}`)
    report.check(back.phaseBefore === 'baking', `it was ${back.phaseBefore} (baking)`)
    report.check(
      back.code === 0 && back.ms <= 5_000,
      `exit ${back.code} (0) after ${(back.ms / 1000).toFixed(1)} s (at most 5)`,
    )
    const own = caused(back.seen)
    report.check(own.length === 0, `${own.length} failures (0)${own[0] ? `: ${describeSeen(own[0])}` : ''}`)
    const after = back.seen.filter((one) => one.startMs >= back.commandAtMs)
    const firstOld = after.find((one) => one.layer === 'stable')?.startMs
    const lastNew = after.findLast((one) => one.layer === 'batch')?.startMs ?? back.commandAtMs
    report.check(
      firstOld !== undefined && lastNew - firstOld <= 250,
      `one shift: the new build's last request began ${firstOld === undefined ? '?' : lastNew - firstOld} ms after the old one's first (at most 250)`,
    )
    const { hosts } = await demo.api().service('production', service)
    report.check(
      hosts.filter((host) => /^\d+$/.test(host.id)).every((host) => host.digest !== back.digest),
      'no host runs it any more',
    )
  },
}

async function returnInBake(context: Context, demo: Demo, service: string): Promise<Return> {
  const api = demo.api()
  const id = await start(context, demo, service)
  const client = await startClient({ front: demo.front(), path: service === 'tag' ? '/api/tag' : '/api/blog' })
  try {
    const before = await api.follow(id, (promotion) => promotion.rollout?.phase === 'baking', 900_000)
    const commandAtMs = Date.now()
    const command = await demo.cli(['rollback', service], 60_000)
    await api.follow(id, () => false, 30_000)
    const seen = await client.stop()
    const ended = await api.promotion(id)
    return {
      late: lateFraction(seen),
      ms: command.endedAtMs - command.startedAtMs,
      code: command.code,
      commandAtMs,
      phaseBefore: before.rollout?.phase ?? before.phase,
      text: `${ended.phase}, cause ${ended.result?.cause}: ${ended.result?.text}`,
      digest: before.candidate.digest,
      seen,
    }
  } finally {
    await client.stop()
  }
}

async function start(context: Context, demo: Demo, service: string): Promise<string> {
  const known = context.facts.get('emergency')
  if (service === 'tag' && typeof known === 'string' && (await demo.api().promotion(known)).phase === 'moving')
    return known
  if (service === 'blog') await waitForBuild(demo, 'blog', 'good')
  const build = service === 'blog' ? 'good' : (await addTree(demo, service, layTree(context, service))).digest
  const emergency =
    service === 'blog' ? {} : { stage: 'production', emergency: { reason: 'row 15', incident: 'ROW-15' } }
  return requestDeploy(demo, { service, build, ...emergency })
}
