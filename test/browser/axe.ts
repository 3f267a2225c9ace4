import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on a page, as `rule: element`. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  // Evaluated, not added as a script: the page's own policy stays in force.
  await page.evaluate(source)
  const violations = await page.evaluate(
    // The function runs in the page, where axe has just been put.
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )
  return (violations as readonly Violation[]).flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`),
  )
}
