import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from './chromium.ts'
import { type MockApi, startMockApi } from './mockApi.ts'
import { makeWorld } from './oddWorld.ts'

let browser: Browser
let api: MockApi
let page: Page

beforeAll(async () => {
  browser = await startChromium()
  api = await startMockApi(makeWorld(4, 2, (index) => `service-${index}`, 1))
  const context = await browser.newContext({
    viewport: { width: 1_440, height: 900 },
    locale: 'en-US',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  page = await context.newPage()
  await page.goto(await api.login())
  await page.getByRole('rowheader').nth(3).waitFor()
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
})

const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
const focused = (): Promise<string | undefined> =>
  page.evaluate(() => document.activeElement?.textContent?.slice(0, 'service-0'.length))

test('j and k move between rows, y copies the command of a row as it can be pasted, Enter opens it', async () => {
  await page.keyboard.press('y')
  await expect.poll(copied).toBe("./cofferdam status --home '/srv/a home'")
  await page.keyboard.press('j')
  expect(await focused()).toBe('service-0')
  await page.keyboard.press('j')
  expect(await focused()).toBe('service-1')
  await page.keyboard.press('k')
  expect(await focused()).toBe('service-0')
  await page.keyboard.press('y')
  await expect.poll(copied).toBe("./cofferdam service show service-0 --home '/srv/a home'")
  await page.keyboard.press('Enter')
  await expect.poll(() => new URL(page.url()).pathname).toBe('/promotions/p-1')
})

test('t shows clock times instead of ages, and back', async () => {
  const when = page.locator('.crumb time')
  expect(await when.textContent()).toContain('ago')
  await page.keyboard.press('t')
  await expect.poll(() => when.textContent()).toMatch(/^\d\d:\d\d:\d\d$/)
  await page.keyboard.press('t')
  await expect.poll(() => when.textContent()).toContain('ago')
})

test('a rollout is aborted by keyboard alone', async () => {
  await page.keyboard.press('.')
  for (let presses = 0; presses < 6; presses += 1) {
    if ((await page.evaluate(() => document.activeElement?.textContent)) === 'Abort') break
    await page.keyboard.press('Tab')
  }
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/p-1/abort'))
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Abort' }).waitFor()
  await page.keyboard.press('Enter')
  await sent
})

test('Escape goes up, g and a letter to a place, / to the filter', async () => {
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await expect.poll(() => new URL(page.url()).pathname).toBe('/')
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await page.getByRole('heading', { level: 1, name: /newest first|lately/ }).waitFor()
  await page.keyboard.press('/')
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('SELECT')
  await page.keyboard.press('Escape')
})

test('find or run knows services and environments, and copies commands', async () => {
  await page.keyboard.press('Control+k')
  const find = page.getByRole('combobox', { name: 'Find or run' })
  await find.fill('environment production')
  await page.keyboard.press('Control+c')
  await expect.poll(copied).toBe("./cofferdam environment show production --home '/srv/a home'")
  await page.keyboard.press('Enter')
  await expect.poll(() => new URL(page.url()).pathname).toBe('/environments/production')
  await page.keyboard.press('Control+k')
  await find.fill('density compact')
  await page.keyboard.press('Enter')
  expect(await page.locator('html').getAttribute('data-density')).toBe('compact')
})

test('letters can be switched off, and stay so', async () => {
  await page.keyboard.press('?')
  await page.getByRole('checkbox').uncheck()
  await page.keyboard.press('Escape')
  await page.reload()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('?')
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog', { name: 'Find or run' }).waitFor()
  expect(await page.getByRole('dialog', { name: 'Keys' }).count()).toBe(0)
})
