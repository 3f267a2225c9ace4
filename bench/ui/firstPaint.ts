import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import type { Demo } from '../../test/browser/startDemo.ts'
import { ms, quantile, type Row } from './row.ts'

const pollMs = 10
const backWithinMs = 60_000
/** What the browser notes of itself, and when the first row of the board stood there; ms after the address was asked for. */
const readPaint = `new Promise((done) => {
  const look = () => {
    const [paint] = performance.getEntriesByName('first-contentful-paint')
    if (paint && document.querySelector('[role="rowheader"]')) done([paint.startTime, performance.now()])
    else setTimeout(look, 5)
  }
  look()
})`

/** From the first moment in which a control plane that was just started answers: what a person waits for. */
export async function measureFirstPaint(browser: Browser, demo: Demo, runs: number): Promise<readonly Row[]> {
  const paints: number[] = []
  const boards: number[] = []
  for (let run = 0; run < runs; run += 1) {
    await restartControlPlane(demo)
    const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } })
    const page = await context.newPage()
    await page.goto(demo.ui, { waitUntil: 'commit' })
    const [paint, board] = (await page.evaluate(readPaint)) as [number, number]
    paints.push(paint)
    boards.push(board)
    await context.close()
  }
  const spread = (values: readonly number[]): string =>
    `${ms(quantile(values, 0.5))} (at most ${ms(Math.max(...values))})`
  return [
    {
      what: `first paint from a cold control plane, ${runs} starts, nothing cached`,
      measured: spread(paints),
      bound: '≤ 1,000 ms',
    },
    { what: 'the board with its services', measured: spread(boards), bound: '–' },
  ]
}

/** It is killed; its supervisor starts it again, and it has answered nobody but the one who looks whether it is there. */
async function restartControlPlane(demo: Demo): Promise<void> {
  process.kill(demo.controlPlane(), 'SIGKILL')
  const endsAt = Date.now() + backWithinMs
  // The one that was killed may still answer for a moment.
  await sleep(pollMs)
  for (;;) {
    const answer = await fetch(new URL('healthz', demo.ui)).catch(() => undefined)
    if (answer?.ok === true) return
    if (Date.now() > endsAt) throw new Error(`the control plane was not back within ${backWithinMs / 1_000} s`)
    await sleep(pollMs)
  }
}
