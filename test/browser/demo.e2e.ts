import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBarriers } from './axe.ts'
import { collectComplaints, startChromium } from './chromium.ts'
import { type Demo, startDemo } from './startDemo.ts'

/** How long a build may take from the command to its way back, on a busy machine. */
const homeWithinMs = 180_000

describe('a person who has never seen it, with the demo only', () => {
  let demo: Demo
  let browser: Browser
  let page: Page
  let complaints: readonly string[]

  beforeAll(async () => {
    demo = await startDemo(20)
    browser = await startChromium()
    const context = await browser.newContext({
      viewport: { width: 1_600, height: 1_000 },
      locale: 'en-US',
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    page = await context.newPage()
    complaints = collectComplaints(page)
    await page.goto(await demo.login())
    await page.getByRole('table', { name: 'Services by stage' }).waitFor()
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.end()
  })

  test('picks a defect, deploys it, watches it come home and finds why', async () => {
    await page.getByRole('button', { name: 'Deploy…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Deploy' })
    await dialog.getByLabel('Service').selectOption('blog')
    await dialog.getByRole('radio', { name: 'bad-in-production' }).check()
    await dialog.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.getByRole('list', { name: 'Stages' }).waitFor()
    await page.getByText('was rolled back', { exact: false }).first().waitFor({ timeout: homeWithinMs })
    const why = await page.locator('.verdict .say').textContent()
    const shown = await demo.run('promotion', 'show', 'p-1')
    expect(shown).toContain(why ?? 'nothing')
    await page.getByRole('heading', { name: 'What changed' }).waitFor()
    expect(await findBarriers(page)).toEqual([])
  })

  test('says on the board which service moves and why it waits; aborts it by keyboard; copies the command', async () => {
    await demo.run('deploy', 'blog', '--build', 'good')
    await page.getByRole('link', { name: 'Board' }).first().click()
    const link = page.getByRole('link', { name: 'promotion p-2' })
    await link.waitFor()
    await page.locator('.cell .hold').first().waitFor()
    expect(await findBarriers(page)).toEqual([])
    await link.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Abort' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Abort' })
    await dialog.getByRole('button', { name: 'Copy the command' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('./cofferdam promotion abort p-2')
    await dialog.getByRole('button', { name: 'Abort' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText(/was (?:aborted|rolled back)\./).waitFor({ timeout: homeWithinMs })
  })

  test('a change shows within 500 ms of its event', async () => {
    await page.getByRole('link', { name: 'Activity' }).first().click()
    await page.getByRole('list', { name: 'Events' }).waitFor()
    const before = await page.locator('.event').count()
    const added = demo.run('promotion', 'retry', 'p-2')
    await expect
      .poll(() => page.locator('.event').count(), { timeout: homeWithinMs, interval: 25 })
      .toBeGreaterThan(before)
    const seenMs = Date.now()
    const at = await page.locator('.event time').first().getAttribute('datetime')
    expect(seenMs - Date.parse(at ?? '')).toBeLessThan(500)
    await added
    await demo.run('promotion', 'abort', 'p-3')
  })

  test('the page complained of nothing', () => expect(complaints).toEqual([]))
})
