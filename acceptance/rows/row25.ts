import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { askGateway } from '../adminSocket.ts'
import { caused, type Client, describeClient, describeSeen, type Seen, startClient } from '../client.ts'
import type { Context } from '../context.ts'
import type { Promotion } from '../documents.ts'
import { kill } from '../processes.ts'
import type { Report } from '../report.ts'
import type { Row } from '../row.ts'
import { mountSmallDisk, type SmallDisk } from '../smallDisk.ts'
import { openShop, type Shop, shopPath } from '../smallShop.ts'
import { waitFor } from '../waitFor.ts'

const diskBytes = 96 * 1024 * 1024

export const row: Row = {
  id: 25,
  title:
    'a disk that fills up at 5 %: the share holds or goes home, users notice nothing, it says which file and how many bytes, and goes on',
  run: async (context, report) => {
    const disk = mountSmallDisk(context.folder(), diskBytes)
    if (!disk) {
      report.measure('no file system can be mounted here: src/store/sqlite/fullDisk.integration.test.ts stays')
      report.check(true, 'left out')
      return
    }
    try {
      await shortlyFull(context, report, disk)
      await longFull(context, report, disk)
    } finally {
      disk.unmount()
    }
  },
}

/** Full for less time than a share may be out unwatched. */
async function shortlyFull(context: Context, report: Report, disk: SmallDisk): Promise<void> {
  const shop = await openOn(context, disk, 'a', '5m')
  const client = await startClient({ front: shop.front(), path: shopPath, rate: 60 })
  try {
    const { id } = await shop.deployToShare()
    disk.fill()
    report.measure(`${id} at 5 %, ${disk.freeBytes()} bytes free`)
    await checkMessage(shop, report, id)
    const before = await shop.api().promotion(id)
    const share = shareOf(await takeSeconds(client, 10))
    report.check(before.rollout?.share.set === 0.05, `the share stays set at ${before.rollout?.share.set} (0.05)`)
    report.check(share < 0.12, `${(100 * share).toFixed(1)} % of C's requests over 10 s at the canary (under 12 %)`)
    disk.makeRoom()
    const after = await waitFor(
      'judged seconds after there is room',
      async () => {
        const now = await shop.api().promotion(id)
        return canaryRequests(now) > canaryRequests(before) && !rules(now).includes('cannot-save') ? now : undefined
      },
      { withinMs: 60_000, everyMs: 250 },
    )
    report.check(
      after.phase === 'moving',
      `with room it goes on by itself: ${after.phase}, ${canaryRequests(after)} judged`,
    )
    const abort = await shop.cli(['promotion', 'abort', id, '--reason', 'row 25'], 60_000)
    report.check(abort.code === 0, `abort after that: exit ${abort.code} (0)`)
    await finish(shop, client, report)
  } finally {
    await client.stop()
    await endShop(shop, report)
  }
}

/** Full for longer: the gateway itself takes the share home. */
async function longFull(context: Context, report: Report, disk: SmallDisk): Promise<void> {
  const shop = await openOn(context, disk, 'b', '20s')
  const client = await startClient({ front: shop.front(), path: shopPath, rate: 60 })
  try {
    const { id } = await shop.deployToShare()
    disk.fill()
    const filledAtMs = Date.now()
    const homeAfterMs = await waitFor(
      'the gateway says that nobody watches',
      async () => {
        const { body } = await askGateway(shop.home, 'g1', 'GET', '/')
        const { unwatched } = body as { readonly unwatched: readonly unknown[] }
        return unwatched.length > 0 ? Date.now() - filledAtMs : undefined
      },
      { withinMs: 60_000, everyMs: 100 },
    )
    report.measure(`unwatched for 20 s, home ${(homeAfterMs / 1000).toFixed(1)} s after the disk was full`)
    const share = shareOf(await takeSeconds(client, 5))
    report.check(share === 0, `${(100 * share).toFixed(1)} % of C's requests at the canary after that (0)`)
    await checkMessage(shop, report, id)
    await checkCommands(shop, report)
    await killProcesses(shop, client, report)
    disk.makeRoom()
    const ended = await shop.api().follow(id, () => false, 90_000)
    report.check(
      ended.phase === 'rolled-back' && ended.result?.cause === 'unwatched',
      `with room it ends by itself: ${ended.phase} (rolled-back), cause ${ended.result?.cause} (unwatched)`,
    )
    const again = await shop.deployToShare()
    report.check(again.phase === 'moving', `the next deploy is on its way: ${again.id} ${again.phase}`)
    await finish(shop, client, report)
  } finally {
    await client.stop()
    await endShop(shop, report)
  }
}

function openOn(context: Context, disk: SmallDisk, name: string, watchedFor: string): Promise<Shop> {
  return openShop({ clone: context.clone(), folder: context.folder(), home: join(disk.path, name), watchedFor })
}

/** What a person reads who asks why nothing moves. */
async function checkMessage(shop: Shop, report: Report, id: string): Promise<void> {
  const isNamed = (text: string) => text.includes(`${shop.home}/state.db`) && /\b\d+ bytes are free/.test(text)
  const hold = await waitFor(
    'a hold that says that nothing can be saved',
    async () => (await shop.api().promotion(id)).holds.find((one) => one.rule === 'cannot-save'),
    { withinMs: 30_000, everyMs: 100 },
  )
  report.check(isNamed(hold.text), `${id} is held: "${hold.text}"`)
  const log = shop.log('control-plane')
  report.measure(`log of the control plane: ${log.trim().split('\n').at(-1)?.slice(0, 300)}`)
}

async function checkCommands(shop: Shop, report: Report): Promise<void> {
  const abort = await shop.cli(['rollback', 'cart'], 60_000)
  const { code, detail = '' } = abort.json as { readonly code?: string; readonly detail?: string }
  report.check(
    abort.code === 3 && code === 'disk-full' && detail.includes('state.db'),
    `rollback: exit ${abort.code} (3), ${code} (disk-full): ${detail}`,
  )
  const doctor = await shop.cli(['doctor'], 120_000)
  const text = doctor.stdout
  report.check(doctor.code !== 0 && /"disk"/.test(text), `doctor: exit ${doctor.code}`)
}

/** What dies while the disk is full comes back as far as users need it. */
async function killProcesses(shop: Shop, client: Client, report: Report): Promise<void> {
  const gateway = shop.ready().gateways[0]?.pid ?? 0
  const before = client.seen().length
  kill(gateway, 'SIGKILL')
  const killedAtMs = Date.now()
  await waitFor(
    'answers after the kill of the gateway',
    async () => ((await fetch(`${shop.front()}${shopPath}`)).ok ? true : undefined),
    { withinMs: 30_000, everyMs: 20 },
  )
  const ms = Date.now() - killedAtMs
  report.check(ms <= 10_000, `a gateway killed on the full disk serves again after ${ms} ms (at most 10,000)`)
  // What was in flight or came meanwhile is the kill's, not the disk's.
  await pause(500)
  const lost = caused(client.seen().slice(before)).length
  report.measure(`${lost} of C's requests fell into it`)
  forgiven.set(client, { fromMs: killedAtMs - 500, toMs: Date.now() })
}

const forgiven = new WeakMap<Client, { readonly fromMs: number; readonly toMs: number }>()

async function finish(shop: Shop, client: Client, report: Report): Promise<void> {
  const seen = await client.stop()
  const kill = forgiven.get(client)
  const own = caused(seen).filter((one) => !kill || one.startMs < kill.fromMs || one.startMs > kill.toMs)
  report.measure(describeClient(seen))
  report.check(own.length === 0, `${own.length} failures caused (0)${own[0] ? `: ${describeSeen(own[0])}` : ''}`)
  const events = await shop.api().events(0)
  report.check(
    events.length > 0 && events.every((event, at) => event.id === at + 1),
    `${events.length} events, ids 1 to ${events.at(-1)?.id} without gap`,
  )
}

async function endShop(shop: Shop, report: Report): Promise<void> {
  const left = await shop.end()
  report.check(left.length === 0, `\`down\` ended everything${left.length > 0 ? `, but ${left.join(', ')}` : ''}`)
}

async function takeSeconds(client: Client, seconds: number): Promise<readonly Seen[]> {
  const before = client.seen().length
  await pause(seconds * 1_000)
  return client.seen().slice(before)
}

function shareOf(seen: readonly Seen[]): number {
  return seen.length === 0 ? Number.NaN : seen.filter((one) => one.layer === 'canary').length / seen.length
}

function canaryRequests(promotion: Promotion): number {
  return promotion.rollout?.arms.canary.requests ?? 0
}

function rules(promotion: Promotion): readonly string[] {
  return promotion.holds.map((hold) => hold.rule)
}
