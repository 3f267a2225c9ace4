import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, CDPSession } from 'playwright-core'
import { startMockApi } from '../../test/browser/mockApi.ts'
import { makeEvents } from '../../test/browser/mockEvents.ts'
import { makeWorld } from '../../test/browser/oddWorld.ts'
import { moveOn } from './moveOn.ts'
import type { Row } from './row.ts'

const services = 200
const moving = 50
/** An hour: each second the documents that change, and four events, which is more than fifty promotions make. */
const seconds = 3_600
const eventsASecond = 4
/** A page keeps so many events; until then its memory grows by intention. */
const keptEvents = 10_000
const megabyte = 1024 * 1024

/**
 * What a page holds after a quarter of an hour and after an hour of events, told `faster` times as fast as they would
 * come. The page gets all of them; it draws as often as it ever does, four times a second.
 */
export async function measureMemory(browser: Browser, faster: number): Promise<readonly Row[]> {
  const world = makeWorld(services, moving, (index) => `service-${index}`)
  const names = world.traffic.services.map(({ service }) => service)
  const api = await startMockApi(world)
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } })
  try {
    const page = await context.newPage()
    await page.goto(api.url)
    await page.getByText('live', { exact: true }).waitFor()
    const session = await context.newCDPSession(page)
    api.events.add(makeEvents(keptEvents, names, Date.now()))
    const beganAt = performance.now()
    const heaps: number[] = []
    for (let second = 1; second <= seconds; second += 1) {
      api.events.add(makeEvents(eventsASecond - 1, names, Date.now()))
      api.show(moveOn(world, second))
      await sleep(Math.max(0, beganAt + (second * 1_000) / faster - performance.now()))
      if (second % (seconds / 4) === 0) heaps.push(await heapOf(session))
    }
    const took = (performance.now() - beganAt) / 1_000
    const [first = 0] = heaps
    const last = heaps.at(-1) ?? 0
    const events = (await page.evaluate(`fetch('/api/v1/events?after=999999999').then((a) => a.json())`)) as {
      last: number
    }
    return [
      {
        what: `memory of the page after 15, 30, 45 and 60 minutes of ${services} services and ${moving} promotions: ${events.last.toLocaleString('en-US')} events and ${seconds.toLocaleString('en-US')} changes of every document, in ${Math.round(took)} s`,
        measured: `${heaps.map((heap) => (heap / megabyte).toFixed(1)).join(', ')} MB (${((last / first - 1) * 100).toFixed(1)} %)`,
        bound: 'flat: ≤ 5 % more',
      },
    ]
  } finally {
    await context.close()
    await api.close()
  }
}

/** Bytes that scripts hold, after everything that nobody holds is collected. */
async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize
}
