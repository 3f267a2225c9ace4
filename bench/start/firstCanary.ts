import { appendFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { startClient } from '../../acceptance/client.ts'
import { runIn } from '../../acceptance/cli.ts'
import type { Demo } from '../../acceptance/demo.ts'
import { serviceFolder } from '../../acceptance/exampleTree.ts'
import { waitFor } from '../../acceptance/waitFor.ts'

export interface Saved {
  /** From the saved file to the end of staging's tests. */
  readonly toTestedMs: number
  /** From there to the first request that the change answered in production, as an outside client saw it. */
  readonly toCanaryMs: number
}

/** Edits a working folder, says `cofferdam deploy` in it, and waits for the first canary request. */
export async function saveAndDeploy(demo: Demo, folder: string, service: string, path: string): Promise<Saved> {
  const tree = join(folder, service)
  cpSync(serviceFolder(demo.clone, service), tree, { recursive: true })
  const client = await startClient({ front: demo.front(), path, rate: 200 })
  try {
    await waitFor('answers', () => (client.seen().length > 20 ? true : undefined), { withinMs: 30_000 })
    appendFileSync(join(tree, 'src', 'main.ts'), `\n// edited ${Date.now()}\n`)
    const savedAtMs = Date.now()
    const deployed = await runIn(demo.clone, tree, ['deploy', service, '--from', tree, '--home', demo.home, '--json'])
    const { id } = JSON.parse(deployed.stdout) as { readonly id: string }
    const first = await waitFor(
      'the first canary request',
      () => client.seen().find((one) => one.layer === 'canary' && one.startMs > savedAtMs),
      { withinMs: 120_000, everyMs: 20 },
    )
    const testedAtMs = Date.parse((await demo.api().promotion(id)).stages[0]?.endedAt ?? '')
    await demo.cli(['promotion', 'abort', id], 60_000)
    await demo.api().follow(id, () => false, 60_000)
    return { toTestedMs: testedAtMs - savedAtMs, toCanaryMs: first.startMs - testedAtMs }
  } finally {
    await client.stop()
  }
}
