import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { findLongestTask, traceCategories } from '../../test/browser/mainThread.ts'
import { startMockApi } from '../../test/browser/mockApi.ts'
import { makeWorld } from '../../test/browser/oddWorld.ts'
import { ms, type Row } from './row.ts'
import { moveOn } from './moveOn.ts'

const services = 200
const moving = 50

/** The longest task of the main thread while everything on a large board changes every second. */
export async function measureCrowd(browser: Browser, seconds: number): Promise<readonly Row[]> {
  const world = makeWorld(services, moving, (index) => `service-${index}`)
  const api = await startMockApi(world)
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } })
  try {
    const page = await context.newPage()
    await page.goto(api.url)
    await page
      .getByRole('rowheader')
      .nth(services - 1)
      .waitFor()
    await page.getByText('live', { exact: true }).waitFor()
    await browser.startTracing(page, { categories: [...traceCategories] })
    for (let second = 1; second <= seconds; second += 1) {
      api.show(moveOn(world, second))
      await sleep(1_000)
    }
    const longest = findLongestTask(await browser.stopTracing())
    return [
      {
        what: `longest task of the main thread, ${services} services, ${moving} of them moving, ${seconds} s`,
        measured: `${ms(longest.cpuMs)} of the processor (${ms(longest.wallMs)} by the clock), ${longest.tasks.toLocaleString('en-US')} tasks`,
        bound: '≤ 100 ms',
      },
    ]
  } finally {
    await context.close()
    await api.close()
  }
}
