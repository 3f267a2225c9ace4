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
    const offered = page.getByRole('region', { name: 'Break it' }).getByRole('listitem')
    await expect.poll(() => offered.count(), { timeout: homeWithinMs }).toBe(10)
    await offered.filter({ hasText: 'every request fails in production' }).getByRole('button').click()
    const dialog = page.getByRole('dialog', { name: 'Deploy' })
    expect(await dialog.getByRole('radio', { checked: true }).count()).toBe(1)
    await dialog.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.getByRole('list', { name: 'Stages' }).waitFor()
    await page.getByText('was rolled back', { exact: false }).first().waitFor({ timeout: homeWithinMs })
    const why = await page.locator('.verdict .say').textContent()
    // The same sentence in the browser, the CLI, the API and the event.
    expect(why).toMatch(/^rolled back after \d+ canary requests/)
    expect(await demo.run('promotion', 'show', 'p-1')).toContain(why)
    expect(await demo.run('events', '--promotion', 'p-1')).toContain(why)
    const answer = await fetch(new URL('api/v1/promotions/p-1', demo.ui))
    expect((await answer.json()) as unknown).toMatchObject({ result: { text: why } })
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
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      `./cofferdam promotion abort p-2 --home ${demo.home}`,
    )
    await dialog.getByRole('button', { name: 'Abort' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText(/was (?:aborted|rolled back)\./).waitFor({ timeout: homeWithinMs })
  })

  test('the page of a service says where it runs, its last hour, what came of its builds and whom it calls', async () => {
    await page.goto(new URL('services/blog', demo.ui).href)
    for (const name of ['What runs where', 'Last hour', 'History', 'Calls', 'Settings'])
      await page.getByRole('heading', { level: 2, name }).waitFor()
    expect(await findBarriers(page)).toEqual([])
  })

  test('the page of an environment has doors, hosts, policy, and requests with why each went where it went', async () => {
    await page.goto(new URL('environments', demo.ui).href)
    await page.getByRole('link', { name: 'production' }).first().click()
    await page.getByRole('button', { name: /^GET/ }).first().click()
    await page.locator('.why .steps li[aria-current="step"]').waitFor()
    expect(new URL(page.url()).searchParams.get('req')).not.toBeNull()
    expect(await findBarriers(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect.poll(() => new URL(page.url()).searchParams.get('req')).toBeNull()
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
