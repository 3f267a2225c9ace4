import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from './chromium.ts'
import { findLongestTask, traceCategories } from './mainThread.ts'
import { type MockApi, startMockApi } from './mockApi.ts'
import { createMockEvents, makeEvents } from './mockEvents.ts'
import { makeWorld } from './oddWorld.ts'

const all = 10_000
const linked = 321

let browser: Browser
let api: MockApi
let page: Page

beforeAll(async () => {
  browser = await startChromium()
  const events = createMockEvents()
  events.add(makeEvents(all, ['service-0', 'service-1'], Date.now()))
  api = await startMockApi(
    makeWorld(2, 0, (index) => `service-${index}`),
    { events },
  )
  page = await (await browser.newContext({ viewport: { width: 1_440, height: 900 }, locale: 'en-US' })).newPage()
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
})

const row = (id: number) => page.locator(`[data-event="${id}"]`)

test('a link to an event far back brings it to the screen, with the focus on it', async () => {
  await page.goto(`${api.url}/activity?event=${linked}`)
  await row(linked).waitFor()
  await expect.poll(() => row(linked).evaluate((element) => element === document.activeElement)).toBe(true)
  const top = await row(linked).evaluate((element) => element.getBoundingClientRect().top)
  expect(top).toBeGreaterThan(0)
  expect(top).toBeLessThan(900)
})

test('what comes meanwhile waits: neither scroll nor focus is lost, and with ten thousand events nothing stutters', async () => {
  const before = await row(linked).evaluate((element) => element.getBoundingClientRect().top)
  await browser.startTracing(page, { categories: [...traceCategories] })
  for (let more = 1; more <= 10; more += 1) {
    api.emit(`event no. ${more}.`)
    // Asked for without roles: to find those of ten thousand rows takes the page longer than the event.
    await page.waitForFunction(
      (words) => document.querySelector('.new-events button')?.textContent?.startsWith(words) === true,
      `${more} new`,
    )
  }
  expect(findLongestTask(await browser.stopTracing()).cpuMs).toBeLessThan(100)
  expect(await row(linked).evaluate((element) => element === document.activeElement)).toBe(true)
  const after = await row(linked).evaluate((element) => element.getBoundingClientRect().top)
  expect(Math.abs(after - before)).toBeLessThan(2)
})

test('a press shows them; the list then begins with the newest', async () => {
  await page.getByRole('button', { name: '10 new, show them' }).click()
  await page.getByText('event no. 10.', { exact: false }).first().waitFor()
})

test('the filter stands in the address, and back leads back', async () => {
  await page.getByLabel('Service').selectOption('service-1')
  await expect.poll(() => new URL(page.url()).searchParams.get('service')).toBe('service-1')
  await page.reload()
  await page.getByRole('list', { name: 'Events' }).waitFor()
  expect(await page.getByLabel('Service').inputValue()).toBe('service-1')
  await expect.poll(() => page.locator('.event').filter({ hasText: 'service-0' }).count()).toBe(0)
})
