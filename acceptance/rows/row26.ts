import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { caused, describeClient, describeSeen, startClient } from '../client.ts'
import type { Problem } from '../documents.ts'
import { kill } from '../processes.ts'
import type { Row } from '../row.ts'
import { mountSmallDisk } from '../smallDisk.ts'
import { openShop, shopPath } from '../smallShop.ts'
import { waitFor } from '../waitFor.ts'

export const row: Row = {
  id: 26,
  title:
    'a home that becomes read-only at 5 %: the share goes home, users notice nothing, it says what is wrong, and goes on after a mend',
  run: async (context, report) => {
    const disk = mountSmallDisk(context.folder(), 96 * 1024 * 1024)
    if (!disk?.canTurnReadOnly()) {
      disk?.unmount()
      report.measure('no file system can be mounted here, or this kernel does not say when it fails')
      report.check(true, 'left out')
      return
    }
    const options = { clone: context.clone(), folder: context.folder(), home: join(disk.path, 'h'), watchedFor: '20s' }
    const shop = await openShop(options)
    const client = await startClient({ front: shop.front(), path: shopPath, rate: 60 })
    try {
      const { id } = await shop.deployToShare()
      disk.turnReadOnly()
      const hold = await waitFor(
        'a hold that says that nothing can be saved',
        async () => (await shop.api().promotion(id)).holds.find((one) => one.rule === 'cannot-save'),
        { withinMs: 30_000, everyMs: 100 },
      )
      report.check(hold.text.includes(`${shop.home}/state.db`), `${id} is held: "${hold.text}" "${hold.help}"`)
      await waitFor(
        'no request at the canary for 3 s',
        () => {
          const recent = client.seen().filter((one) => one.startMs > Date.now() - 3_000)
          return recent.length > 30 && recent.every((one) => one.layer !== 'canary') ? true : undefined
        },
        { withinMs: 40_000, everyMs: 250 },
      )
      report.check(true, 'the share is home: no request at the canary for 3 s')
      const refused = await shop.cli(['rollback', 'cart'], 60_000)
      const { code, detail } = refused.json as Problem
      report.check(
        refused.code === 3 && detail.includes('state.db'),
        `rollback: exit ${refused.code} (3), ${code}: ${detail}`,
      )

      const own = caused(await client.stop())
      report.measure(describeClient(client.seen()))
      report.check(own.length === 0, `${own.length} failures caused (0)${own[0] ? `: ${describeSeen(own[0])}` : ''}`)

      // Whatever dies now comes back as far as users need it: the table is on the disk, which can be read.
      const killedAtMs = Date.now()
      kill(shop.ready().gateways[0]?.pid ?? 0, 'SIGKILL')
      await waitFor(
        'answers after the kill of the gateway',
        async () => ((await fetch(`${shop.front()}${shopPath}`)).ok ? true : undefined),
        { withinMs: 30_000, everyMs: 20 },
      )
      const ms = Date.now() - killedAtMs
      report.check(ms <= 10_000, `a gateway killed on the read-only disk serves again after ${ms} ms (at most 10,000)`)
    } finally {
      await client.stop()
      const left = await shop.end()
      report.check(left.length === 0, `\`down\` ended everything${left.length > 0 ? `, but ${left.join(', ')}` : ''}`)
      // The kernel lets go of a file system that failed only when nothing of it is open any more.
      await pause(500)
      disk.remount()
    }
    try {
      const again = await openShop(options)
      // It goes on where it was saved last: as before the disk failed, until somebody takes it back.
      const abort = await again.cli(['promotion', 'abort', 'p-1', '--reason', 'row 26'], 60_000)
      const ended = await again.api().follow('p-1', () => false, 90_000)
      report.check(
        ended.result !== undefined,
        `after a mend of the disk the next \`up\` works on: abort exits ${abort.code}, p-1 is ${ended.phase}`,
      )
      const events = await again.api().events(0)
      report.check(
        events.every((event, at) => event.id === at + 1),
        `${events.length} events, ids 1 to ${events.at(-1)?.id} without gap`,
      )
      await again.end()
    } finally {
      disk.unmount()
    }
  },
}
