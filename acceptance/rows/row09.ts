import { askGateway } from '../adminSocket.ts'
import type { Context } from '../context.ts'
import type { Demo } from '../demo.ts'
import { addTree, layTree } from '../exampleTree.ts'
import { kill } from '../processes.ts'
import { requestDeploy } from '../requestDeploy.ts'
import type { Row } from '../row.ts'
import { waitFor } from '../waitFor.ts'

export const row: Row = {
  id: 9,
  title: 'an older table is refused, also after kill -9 of the gateway',
  run: async (context, report) => {
    const demo = await context.demo()
    const gateway = demo.ready().gateways[0]
    if (!gateway) throw new Error('the ready file names no gateway')
    const before = await readTable(demo, gateway.id)
    await moveAndReturn(context, demo)
    const after = await readTable(demo, gateway.id)
    report.measure(`saved table ${before.generation}, after a way there and back ${after.generation}`)
    report.check(
      after.generation > before.generation,
      `the way back made newer tables (${after.generation} > ${before.generation})`,
    )
    const put = await askGateway(demo.home, gateway.id, 'PUT', '/table', before.text)
    report.check(
      put.status === 409,
      `PUT /table of ${before.generation}: ${put.status} ${put.text.slice(0, 100)} (409)`,
    )
    const same = await readTable(demo, gateway.id)
    report.check(same.generation >= after.generation, `still at ${same.generation}`)
    kill(gateway.pid, 'SIGKILL')
    const pid = await waitFor(
      'a new gateway',
      () => {
        const now = demo.ready().gateways[0]?.pid
        return typeof now === 'number' && now !== gateway.pid ? now : undefined
      },
      { withinMs: 10_000 },
    )
    const restarted = await waitFor('its table', () => readTable(demo, gateway.id), { withinMs: 10_000 })
    report.check(
      restarted.generation >= after.generation,
      `after kill -9 of ${gateway.pid}: pid ${pid} at ${restarted.generation} (at least ${after.generation})`,
    )
    const again = await askGateway(demo.home, gateway.id, 'PUT', '/table', before.text)
    report.check(again.status === 409, `PUT /table of ${before.generation} to the new one: ${again.status} (409)`)
  },
}

/** An emergency of a harmless build, rolled back in its bake: the table moves there and back in a minute. */
async function moveAndReturn(context: Context, demo: Demo): Promise<void> {
  const build = await addTree(demo, 'tag', layTree(context, 'tag'))
  const api = demo.api()
  const id = await requestDeploy(demo, {
    service: 'tag',
    build: build.digest,
    stage: 'production',
    emergency: { reason: 'row 9', incident: 'ROW-9' },
  })
  await api.follow(id, (promotion) => (promotion.rollout?.hosts.onNew ?? 0) > 0, 60_000)
  const back = await demo.cli(['rollback', 'tag'], 60_000)
  if (back.code !== 0) throw new Error(`rollback tag: exit ${back.code} ${back.stdout}`)
}

async function readTable(demo: Demo, gateway: string): Promise<{ readonly generation: number; readonly text: string }> {
  const answer = await askGateway(demo.home, gateway, 'GET', '/table')
  if (answer.status !== 200) throw new Error(`GET /table: ${answer.status} ${answer.text}`)
  return { generation: (answer.body as { readonly generation: number }).generation, text: answer.text }
}
