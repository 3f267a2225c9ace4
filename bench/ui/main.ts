import { parseArgs } from 'node:util'
import { startChromium } from '../../test/browser/chromium.ts'
import { startDemo } from '../../test/browser/startDemo.ts'
import { measureCrowd } from './crowd.ts'
import { measureEventToSeen } from './eventToSeen.ts'
import { measureFirstPaint } from './firstPaint.ts'
import { measureMemory } from './memory.ts'
import type { Row } from './row.ts'

/**
 * What a person at the UI waits for, in a real Chromium: `npm run bench:ui -- [--only paint|seen|crowd|memory]
 * [--runs 5] [--events 100] [--seconds 30] [--faster 10]`. First paint is that of a real demo; the rest is the real API over a
 * world that is made up. Exits 0 whatever it measures.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '5' },
    events: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '30' },
    faster: { type: 'string', default: '10' },
  },
})
const browser = await startChromium()

async function measurePaint(): Promise<readonly Row[]> {
  const demo = await startDemo(0)
  try {
    return await measureFirstPaint(browser, demo, Number(values.runs))
  } finally {
    await demo.end()
  }
}

const parts: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  paint: measurePaint,
  seen: async () => [await measureEventToSeen(browser, Number(values.events))],
  crowd: () => measureCrowd(browser, Number(values.seconds)),
  memory: () => measureMemory(browser, Number(values.faster)),
}

try {
  process.stdout.write('| what | measured | bound |\n|---|---|---|\n')
  for (const [name, measure] of Object.entries(parts)) {
    if (values.only !== undefined && values.only !== name) continue
    for (const { what, measured, bound } of await measure())
      process.stdout.write(`| ${what} | ${measured} | ${bound} |\n`)
  }
} finally {
  await browser.close()
}
