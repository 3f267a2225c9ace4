import type { Promotion } from '../documents.ts'
import type { Problem } from '../documents.ts'
import { waitForBuild } from '../demo.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 20,
  title: 'with two visits a second it says that it cannot tell, and moves nothing',
  run: async (context, report) => {
    const demo = await context.ownDemo(2)
    await waitForBuild(demo, 'blog', 'good')
    const before = JSON.stringify(await demo.api().status())
    const plan = await demo.cli(['plan', 'blog', '--build', 'good'], 30_000)
    const { canTell } = plan.json as { readonly canTell?: boolean }
    report.check(plan.code === 0 && canTell === false, `plan: exit ${plan.code}, canTell ${String(canTell)} (false)`)
    const deploy = await demo.cli(['deploy', 'blog', '--build', 'good', '--wait'], 60_000)
    const problem = deploy.json as Problem
    report.check(deploy.code === 1, `deploy: exit ${deploy.code} (1) ${problem?.detail ?? deploy.stdout.slice(0, 200)}`)
    const rules = problem?.holds?.map((hold) => hold.rule) ?? []
    report.check(rules.includes('cannot-tell'), `holds: ${rules.join(', ') || 'none'} (cannot-tell)`)
    const { promotions } = (await demo.api().get('/promotions')).body as { readonly promotions: readonly Promotion[] }
    report.check(promotions.length === 0, `${promotions.length} promotions (0)`)
    report.check(JSON.stringify(await demo.api().status()) === before, 'status is byte-identical')
    await demo.sweep()
  },
}
