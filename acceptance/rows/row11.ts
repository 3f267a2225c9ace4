import type { CliResult } from '../cli.ts'
import type { Context } from '../context.ts'
import { type Demo, waitForBuild } from '../demo.ts'
import type { Problem } from '../documents.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Row } from '../row.ts'

interface Held {
  readonly result: CliResult
  /** The promotion that was under way. */
  readonly holder: string
}

export const row: Row = {
  id: 11,
  title: 'of two deploys at once one is held, and what runs already is said so',
  run: async (context, report) => {
    const demo = await context.demo()
    const held =
      (context.facts.get('held deploy') as Held | undefined) ?? (await deployTwo(context, demo, report.check))
    const problem = held.result.json as Problem | undefined
    const hold = problem?.holds?.[0]
    report.check(held.result.code === 1, `the second: exit ${held.result.code} (1)`)
    report.check(
      hold?.rule === 'service-busy' && `${hold.on} ${hold.text}`.includes(held.holder),
      `its hold names who: ${hold?.rule} on ${hold?.on}: ${hold?.text}`,
    )
    report.check(
      hold !== undefined &&
        Date.parse(hold.since) > demo.startedAtMs &&
        Date.parse(hold.since) <= held.result.endedAtMs,
      `and since when: ${hold?.since}`,
    )
    const status = await demo.api().service('production', 'blog')
    const running = status.hosts[0]
    const again = await demo.cli(['deploy', 'blog', '--build', running?.digest ?? '', '--wait'], 60_000)
    const { already } = again.json as { readonly already?: boolean }
    report.check(
      again.code === 0 && already === true,
      `what runs, again: exit ${again.code} (0), already ${String(already)} (true)`,
    )
  },
}

/** Both are good builds, so whichever is first arrives. */
async function deployTwo(
  context: Context,
  demo: Demo,
  check: (holds: boolean, text: string) => boolean,
): Promise<Held> {
  await waitForBuild(demo, 'blog', 'good')
  const rival = await addTree(demo, 'blog', layTree(context, 'blog'))
  const both = await Promise.all(
    ['good', rival.digest].map((build) => demo.cli(['deploy', 'blog', '--build', build, '--wait'], 1_500_000)),
  )
  const [winner, loser] = both[0]?.code === 0 ? both : both.toReversed()
  check(winner?.code === 0, `one: exit ${winner?.code} (0)`)
  if (!loser || !winner) throw new Error('no result')
  return { result: loser, holder: (winner.json as { readonly id: string }).id }
}
