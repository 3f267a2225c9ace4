import type { Problem } from '../documents.ts'
import { addTree, layTree } from '../exampleTree.ts'
import type { Row } from '../row.ts'

const [reason, incident] = ['nobody can tag anything', 'INC-4711']

export const row: Row = {
  id: 12,
  title: 'production first is refused, but for an emergency with reason and incident',
  run: async (context, report) => {
    const demo = await context.demo()
    const api = demo.api()
    const build = await addTree(demo, 'tag', layTree(context, 'tag'))
    const request = { service: 'tag', build: build.digest, stage: 'production' }
    const refused = await api.post('/promotions', request)
    const rules = (refused.body as Problem).holds?.map((hold) => hold.rule) ?? []
    report.check(
      refused.status === 409 && rules.length > 0,
      `without: ${refused.status} (409), holds ${rules.join(', ')}`,
    )
    for (const emergency of [{ reason }, { incident }]) {
      const half = await api.post('/promotions', { ...request, emergency })
      report.check(
        half.status >= 400 && half.status < 500,
        `with ${Object.keys(emergency).join()} alone: ${half.status}`,
      )
    }
    const accepted = await api.post('/promotions', { ...request, emergency: { reason, incident } })
    const { id } = accepted.body as { readonly id?: string }
    if (
      !report.check(
        accepted.status >= 200 && accepted.status < 300 && id !== undefined,
        `with both: ${accepted.status}, ${id}`,
      ) ||
      id === undefined
    )
      return
    const moved = await api.follow(id, (promotion) => (promotion.rollout?.hosts.onNew ?? 0) > 0, 60_000)
    report.check(
      (moved.rollout?.hosts.onNew ?? 0) > 0 && moved.rollout?.arms.canary.requests === 0,
      `it moves: ${moved.phase} in ${moved.stage}, ${moved.rollout?.hosts.onNew} hosts on it, no canary`,
    )
    const event = (await api.events(0)).find((one) => one.promotion === id && JSON.stringify(one).includes(incident))
    const text = JSON.stringify(event ?? {})
    report.check(
      text.includes(reason) && text.includes(incident) && /emergency/i.test(text),
      `event ${event?.id} has emergency, reason and incident: ${event?.text}`,
    )
    // With `--quick` row 15 takes it back in its bake.
    if (context.quick) context.facts.set('emergency', id)
    else await demo.cli(['rollback', 'tag'], 60_000)
  },
}
