import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startChromium } from './chromium.ts'
import { type MockApi, startMockApi } from './mockApi.ts'
import { makeWorld } from './oddWorld.ts'

const codeLivesMs = 2 * 60_000
const sessionLivesMs = 12 * 60 * 60_000

let browser: Browser
let api: MockApi
let page: Page

beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  api = await startMockApi(makeWorld(1, 1, () => 'service-0'))
  page = await (await browser.newContext({ locale: 'en-US' })).newPage()
})
afterEach(async () => {
  await page.context().close()
  await api.close()
})

const abort = () => page.getByRole('button', { name: 'Abort' })
const isOff = () => abort().getAttribute('aria-disabled')
const whyNot = () => page.locator('.why-not').first().textContent()

async function toPromotion(): Promise<void> {
  await page.getByRole('link', { name: 'promotion p-1' }).click()
  await abort().waitFor()
}

test('a link lets changes through, leaves the address at once, and outlives a reload', async () => {
  await page.goto(await api.login())
  await expect.poll(() => page.url()).not.toContain('login')
  await toPromotion()
  await expect.poll(isOff).toBe('false')
  await page.reload()
  await expect.poll(isOff).toBe('false')
  expect(await page.evaluate(() => JSON.stringify(localStorage) + document.cookie)).not.toMatch(/[\w-]{32}/)
})

test('a link that somebody has used lets nobody else in, and says so with the next step', async () => {
  const link = await api.login()
  await page.goto(link)
  await page.getByRole('link', { name: 'promotion p-1' }).waitFor()
  await expect.poll(() => page.url()).not.toContain('login')
  const other = await (await browser.newContext({ locale: 'en-US' })).newPage()
  await other.goto(link)
  await other.getByRole('link', { name: 'promotion p-1' }).click()
  await expect.poll(() => other.locator('.why-not').first().textContent()).toMatch(/Not logged in: .*cofferdam login/)
  expect(await other.getByRole('button', { name: 'Abort' }).getAttribute('aria-disabled')).toBe('true')
  await other.context().close()
})

test('a link that is too old says so', async () => {
  const link = await api.login()
  api.pass(codeLivesMs + 1_000)
  await page.goto(link)
  await toPromotion()
  await expect.poll(whyNot).toMatch(/Not logged in: .*cofferdam login/)
})

test('a session that has ended is refused in words, and from then on actions are off with the way back in', async () => {
  await page.goto(await api.login())
  await toPromotion()
  await expect.poll(isOff).toBe('false')
  api.pass(sessionLivesMs + 1_000)
  await abort().click()
  const dialog = page.getByRole('dialog', { name: 'Abort' })
  await dialog.getByRole('button', { name: 'Abort' }).click()
  await expect.poll(() => dialog.getByRole('alert').textContent()).not.toBe('')
  await page.keyboard.press('Escape')
  await expect.poll(isOff).toBe('true')
  expect(await whyNot()).toContain('The login has expired')
})
