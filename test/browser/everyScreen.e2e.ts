import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBarriers } from './axe.ts'
import { startChromium } from './chromium.ts'
import { type MockApi, startMockApi } from './mockApi.ts'
import { makeEvents } from './mockEvents.ts'
import { makeWorld } from './oddWorld.ts'

/** Every screen, with two promotions that move and one that came home. */
const screens = [
  '/',
  '/promotions/p-1',
  '/promotions/p-3',
  '/services/service-0',
  '/environments',
  '/environments/production',
  '/activity',
] as const
const widths = [360, 1_024, 1_600] as const

let browser: Browser
let api: MockApi

beforeAll(async () => {
  browser = await startChromium()
  const world = makeWorld(5, 2, (index) => `service-${index}`, 1)
  api = await startMockApi(world, { isDemo: true })
  api.events.add(
    makeEvents(
      40,
      world.traffic.services.map(({ service }) => service),
      Date.now(),
    ),
  )
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
})

async function open(path: string, width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale: 'en-US' })
  const page = await context.newPage()
  await page.goto(api.url + path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByText('live', { exact: true }).waitFor({ state: 'attached' })
  return page
}

const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

test.each(
  (['light', 'dark'] as const).flatMap((theme) => widths.map((width) => [theme, width] as const)),
)('%s, %d px: axe finds nothing on any screen, and none scrolls sideways', async (theme, width) => {
  const found: string[] = []
  for (const path of screens) {
    const page = await open(path, width, theme)
    for (const barrier of await findBarriers(page)) found.push(`${path} ${barrier}`)
    if (await scrollsSideways(page)) found.push(`${path} scrolls sideways`)
    await page.context().close()
  }
  expect(found).toEqual([])
})

test.each(['light', 'dark'] as const)('%s: axe finds nothing in what floats above a page', async (theme) => {
  const page = await open('/', 1_024, theme)
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog', { name: 'Find or run' }).waitFor()
  expect(await findBarriers(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  expect(await findBarriers(page)).toEqual([])
  await page.context().close()
})

test('twin: a button without a name is found, and so is a page that is too wide', async () => {
  const page = await open('/', 360, 'light')
  await page.evaluate(() => {
    const wide = document.createElement('button')
    wide.style.width = '1000px'
    document.querySelector('main')?.append(wide)
  })
  expect((await findBarriers(page)).some((one) => one.startsWith('button-name'))).toBe(true)
  expect(await scrollsSideways(page)).toBe(true)
  await page.context().close()
})

test('from right to left the pages stay whole', async () => {
  const wide: string[] = []
  for (const path of screens) {
    const page = await open(path, 360, 'light')
    await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'))
    if (await scrollsSideways(page)) wide.push(path)
    await page.context().close()
  }
  expect(wide).toEqual([])
})

test('nothing moves for those who want it so, on any screen; on paper there are no bars and no buttons', async () => {
  for (const path of screens) {
    const page = await open(path, 1_024, 'light')
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const running = await page.evaluate(
      () => document.getAnimations().filter((one) => one.playState === 'running').length,
    )
    expect([path, running]).toEqual([path, 0])
    await page.emulateMedia({ media: 'print' })
    expect([path, await page.getByRole('banner').isVisible()]).toEqual([path, false])
    await page.context().close()
  }
})
