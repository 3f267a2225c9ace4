import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { findBarriers } from './axe.ts'
import { collectComplaints, startChromium } from './chromium.ts'
import { findLongestTask, traceCategories } from './mainThread.ts'
import { type MockApi, startMockApi } from './mockApi.ts'
import { makeWorld, type World } from './oddWorld.ts'

let browser: Browser
let api: MockApi | undefined
let page: Page

beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser.close())
afterEach(async () => {
  await page.context().close()
  await api?.close()
})

async function open(world: World, path = '/', width = 1_600): Promise<readonly string[]> {
  api = await startMockApi(world)
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale: 'en-US' })
  page = await context.newPage()
  const complaints = collectComplaints(page)
  await page.goto(api.url + path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  return complaints
}
const plain = (index: number): string => `service-${index}`
const scrollsSideways = (): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

test('nothing runs yet: the first command stands there, and the board comes by itself', async () => {
  await open(makeWorld(0, 0, plain))
  await expect.poll(() => page.getByText('Nothing runs here yet.').count()).toBe(1)
  api?.show(makeWorld(2, 0, plain))
  await page.getByRole('table', { name: 'Services by stage' }).waitFor()
  expect(await page.getByRole('rowheader').count()).toBe(2)
})

test('a promotion that is not there is said to be none, with its id', async () => {
  await open(makeWorld(1, 0, plain), '/promotions/p-404').catch(() => undefined)
  await page.getByText('there is no promotion "p-404"').waitFor()
})

test.each([360, 1_600])('long names, names from right to left and 200 hosts fit into %d px', async (width) => {
  const names = [`a-service-with-a-name-that-does-not-end-${'x'.repeat(120)}`, 'خدمة-عربة-التسوق', plain(1)]
  const world = makeWorld(3, 3, (index) => names[index] ?? plain(index))
  const complaints = await open(world, '/', width)
  await page.getByRole('rowheader').first().waitFor()
  expect(await scrollsSideways()).toBe(false)
  expect(await findBarriers(page)).toEqual([])
  await page.goto(`${api?.url}/promotions/p-1`)
  await page.getByRole('list', { name: 'Stages' }).waitFor()
  expect(await scrollsSideways()).toBe(false)
  expect(complaints).toEqual([])
})

test('200 services and 50 promotions: an update holds the main thread for no more than 100 ms', async () => {
  const world = makeWorld(200, 50, plain)
  await open(world)
  await expect.poll(() => page.getByRole('rowheader').count()).toBe(200)
  await browser.startTracing(page, { categories: [...traceCategories] })
  for (let round = 1; round <= 10; round++) {
    const share = round / 100
    api?.show({
      ...world,
      promotions: world.promotions.map((one) =>
        one.rollout === undefined ? one : { ...one, rollout: { ...one.rollout, share: { set: share, seen: share } } },
      ),
    })
    await page.getByText(`${round} % of traffic`, { exact: false }).first().waitFor()
  }
  expect(findLongestTask(await browser.stopTracing()).cpuMs).toBeLessThan(100)
})

test('the control plane goes away and comes back: it is said, actions go off, then the page is live again', async () => {
  await open(makeWorld(2, 1, plain))
  const url = new URL(api?.url ?? '')
  await page.getByText('live', { exact: true }).waitFor()
  await api?.close()
  await page.getByText('No connection to the control plane for').waitFor({ timeout: 30_000 })
  expect(await page.getByRole('rowheader').count()).toBe(2)
  expect(await page.getByRole('button', { name: 'Deploy…' }).getAttribute('aria-disabled')).toBe('true')
  expect(await findBarriers(page)).toEqual([])
  api = await startMockApi(makeWorld(3, 1, plain), { port: Number(url.port) })
  await page.getByText('live', { exact: true }).waitFor()
  await expect.poll(() => page.getByRole('rowheader').count()).toBe(3)
})

test('a list of requests that nothing comes to says so instead of following', async () => {
  await open(makeWorld(2, 1, plain), '/environments/production')
  await page.getByText('following', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'GET /cart' }).waitFor()
  await api?.close()
  await page.getByText(/no connection, as of \d\d:\d\d:\d\d/).waitFor({ timeout: 30_000 })
  expect(await page.getByText('following', { exact: true }).count()).toBe(0)
  expect(await page.getByRole('button', { name: 'GET /cart' }).count()).toBe(1)
})

test('a change without a login is refused in words, and the way to log in is named', async () => {
  await open(makeWorld(1, 1, plain), '/promotions/p-1')
  const abort = page.getByRole('button', { name: 'Abort' })
  expect(await abort.getAttribute('aria-disabled')).toBe('true')
  expect(await page.getByText('./cofferdam login', { exact: false }).count()).toBeGreaterThan(0)
})

test('a link works once, leaves the address at once, and lets changes through by keyboard', async () => {
  await open(makeWorld(1, 1, plain))
  const answer = await fetch(`${api?.url}/api/v1/session/codes`, {
    method: 'POST',
    body: '{}',
    headers: { authorization: `Bearer ${api?.token}`, 'content-type': 'application/json' },
  })
  const { url } = (await answer.json()) as { url: string }
  await page.goto('about:blank')
  await page.goto(url)
  await page.getByRole('link', { name: 'promotion p-1' }).waitFor()
  await expect.poll(() => page.url()).not.toContain('login')
  await page.getByRole('link', { name: 'promotion p-1' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Abort' }).focus()
  await expect.poll(() => page.getByRole('button', { name: 'Abort' }).getAttribute('aria-disabled')).toBe('false')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Abort' })
  await dialog.waitFor()
  expect(await findBarriers(page)).toEqual([])
  // Its button has the focus: Enter acts.
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/p-1/abort'))
  await page.keyboard.press('Enter')
  await sent
  await dialog.waitFor({ state: 'detached' })
})

test('what moves stands still for those who want it so, and paper gets the page without its bars', async () => {
  await open(makeWorld(1, 1, plain))
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const animated = await page.evaluate(
    () => document.getAnimations().filter((one) => one.playState === 'running').length,
  )
  expect(animated).toBe(0)
  await page.emulateMedia({ media: 'print' })
  expect(await page.getByRole('banner').isVisible()).toBe(false)
})
