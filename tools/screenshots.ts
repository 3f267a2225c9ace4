import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { startChromium } from '../test/browser/chromium.ts'
import { type Demo, startDemo } from '../test/browser/startDemo.ts'

/**
 * Takes the pictures of README and docs from a real demo: `npm run screenshots [FOLDER [SERVICE [ENVIRONMENT]]]`. The same pages in both
 * themes; what moves is caught while it moves.
 */
const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../docs/images'))
const service = process.argv[3] ?? 'blog'
const environment = process.argv[4] ?? 'production'
const settleMs = 2_500
/** Enough traffic for figures that look like those of a living system; a small machine carries it. */
const visitsPerSecond = 60
/** Then the canary has its first seconds, and is not yet home. */
const movingMs = 20_000

interface Picture {
  readonly name: string
  readonly path: string
  readonly width?: number
  readonly height?: number
}

async function take(
  browser: Browser,
  { ui, login }: Demo,
  { name, path, width = 1_440, height = 860 }: Picture,
): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: 'en-US' })
    const page = await context.newPage()
    // Logged in, so that what can be done is shown as it is for whoever may do it.
    await page.goto(await login())
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.goto(new URL(path, ui).href)
    await page.getByRole('heading', { level: 1 }).waitFor()
    // Charts and the first seconds of traffic come after the page.
    await page.waitForTimeout(settleMs)
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    await context.close()
    process.stdout.write(`${name}-${colorScheme}.png\n`)
  }
}

mkdirSync(folder, { recursive: true })
const demo = await startDemo(visitsPerSecond)
const browser = await startChromium()
try {
  await demo.run('deploy', service, '--build', 'bad-in-production', '--wait').catch(() => undefined)
  await take(browser, demo, { name: 'came-home', path: '/promotions/p-1', height: 1_250 })
  await demo.run('deploy', service, '--build', 'bad-errors')
  await new Promise((done) => setTimeout(done, movingMs))
  await take(browser, demo, { name: 'board', path: '/' })
  await take(browser, demo, { name: 'promotion', path: '/promotions/p-2', height: 1_250 })
  await take(browser, demo, { name: 'phone', path: '/promotions/p-2', width: 360, height: 780 })
  await take(browser, demo, { name: 'service', path: `/services/${service}`, height: 1_250 })
  await take(browser, demo, { name: 'environment', path: `/environments/${environment}`, height: 1_250 })
  await take(browser, demo, { name: 'activity', path: '/activity' })
} finally {
  await browser.close()
  await demo.end()
}
