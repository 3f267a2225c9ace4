import type { Promotion } from '../documents.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Problem } from '../documents.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 24,
  title: 'after an emergency nothing is deployed until it has been followed up',
  run: async (context, report) => {
    const demo = await context.demo()
    const [first, second] = [
      await addTree(demo, 'tag', layTree(context, 'tag')),
      await addTree(demo, 'tag', layTree(context, 'tag')),
    ]
    const emergency = await demo.cli(
      ['deploy', 'tag', '--build', first.digest, '--emergency', '--reason', 'row 24', '--incident', 'INC-24', '--wait'],
      300_000,
    )
    const promotion = emergency.json as Promotion
    report.check(
      emergency.code === 0 && promotion.phase === 'done',
      `emergency: exit ${emergency.code} (0), ${promotion.phase} (done): ${promotion.result?.text}`,
    )
    for (const attempt of [1, 2]) {
      const held = await demo.cli(['deploy', 'tag', '--build', second.digest, '--wait'], 60_000)
      const rules = (held.json as Problem).holds?.map((hold) => hold.rule) ?? []
      report.check(
        held.code === 1 && rules.includes('emergency-follow-up'),
        `deploy ${attempt}: exit ${held.code} (1), ${rules.join(', ')} (emergency-follow-up)`,
      )
    }
    const { holds } = (await demo.api().get('/holds')).body as { readonly holds?: readonly { readonly rule: string }[] }
    report.check(
      holds?.some((hold) => hold.rule === 'emergency-follow-up') === true,
      `it is among the holds: ${holds?.map((hold) => hold.rule).join(', ')}`,
    )
    const closed = await demo.cli(['promotion', 'pass', promotion.id, '--reason', 'looked at, tests added'], 30_000)
    report.check(closed.code === 0, `promotion pass ${promotion.id}: exit ${closed.code} (0)`)
    const after = await demo.cli(['deploy', 'tag', '--build', second.digest], 60_000)
    const { id } = after.json as { readonly id?: string }
    report.check(after.code === 0 && id !== undefined, `deploy after that: exit ${after.code} (0), ${id}`)
    if (id !== undefined) await demo.cli(['promotion', 'abort', id], 60_000)
  },
}
