import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { startMockApi } from '../../test/browser/mockApi.ts'
import { makeWorld } from '../../test/browser/oddWorld.ts'
import { ms, quantile, type Row } from './row.ts'

const seenWithinMs = 10_000
/** Notes when each sentence `event no. N` first stood on the page: in the same clock as ours, that of the machine. */
const watchPage = `(() => {
  window.seen = new Map()
  const look = () => {
    for (const [, number] of document.body.textContent.matchAll(/event no\\. (\\d+)\\./g))
      if (!window.seen.has(Number(number))) requestAnimationFrame(() => {
        if (!window.seen.has(Number(number))) window.seen.set(Number(number), Date.now())
      })
  }
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
})()`

/** From an event of the engine to its sentence on the screen, at moments that nobody chose, on a board in use. */
export async function measureEventToSeen(browser: Browser, count: number): Promise<Row> {
  const world = makeWorld(20, 5, (index) => `service-${index}`)
  const api = await startMockApi(world)
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } })
  try {
    const page = await context.newPage()
    await page.goto(`${api.url}/activity`)
    await page.getByText('live', { exact: true }).waitFor()
    await page.evaluate(watchPage)
    const written: number[] = []
    for (let number = 0; number < count; number += 1) {
      written.push(Date.now())
      api.emit(`event no. ${number}.`)
      await sleep(100 + Math.random() * 900)
    }
    await page.waitForFunction(`window.seen.size === ${count}`, undefined, { timeout: seenWithinMs })
    const seen = new Map((await page.evaluate('[...window.seen]')) as [number, number][])
    const took = written.map((at, number) => (seen.get(number) ?? Number.POSITIVE_INFINITY) - at)
    return {
      what: `event to seen, ${count} events`,
      measured: `p50 ${ms(quantile(took, 0.5))}, p95 ${ms(quantile(took, 0.95))}, at most ${ms(Math.max(...took))}`,
      bound: 'p95 ≤ 500 ms',
    }
  } finally {
    await context.close()
    await api.close()
  }
}
