import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeClient, describeSeen, lateFraction, type Seen, startClient } from '../client.ts'
import type { Demo } from '../demo.ts'
import type { Host } from '../documents.ts'
import { serviceFolder } from '../exampleTree.ts'
import { kill } from '../processes.ts'
import type { Row } from '../row.ts'
import { runTimed } from '../voyage.ts'
import { waitFor } from '../waitFor.ts'

interface Killing {
  readonly late: number
  readonly seen: readonly Seen[]
  readonly killedAtMs: number
  readonly before: Host
  readonly after: Host
  readonly ms: number
}

export const row: Row = {
  id: 10,
  title: 'a killed host is back within 5 s from its own bytes, and no idempotent request notices',
  run: async (context, report) => {
    const demo = await context.demo()
    const answer = await readPost(demo)
    // What was deployed is a snapshot: the folder it came from may be in any state.
    const file = join(serviceFolder(demo.clone, 'blog'), 'src', 'main.ts')
    const right = readFileSync(file, 'utf8')
    appendFileSync(file, '\n)) this is no program ((\n')
    const killing = await runTimed(() => killHost(demo), report).finally(() => writeFileSync(file, right))
    const { seen, killedAtMs, before, after } = killing
    report.measure(describeClient(seen))
    report.check(
      killing.ms <= 5_000 && after.pid !== before.pid,
      `host ${before.id}: pid ${before.pid} killed, ${after.pid} ready after ${(killing.ms / 1000).toFixed(1)} s (at most 5)`,
    )
    report.check(after.digest === before.digest, 'same digest')
    const again = await waitFor(`an answer of host ${before.id}`, () => readPost(demo, before.id), {
      withinMs: 10_000,
      everyMs: 10,
    })
    report.check(again === answer, `same answer: ${again}`)
    const failed = seen.filter((one) => one.error !== '' || one.refused !== '' || one.status === 502)
    const reads = failed.filter((one) => one.method === 'GET')
    report.check(
      reads.length === 0,
      `${reads.length} idempotent requests failed (0)${reads[0] ? `: ${describeSeen(reads[0])}` : ''}`,
    )
    const writes = failed.filter((one) => one.method !== 'GET')
    const inFlight = seen.filter(
      (one) => one.method !== 'GET' && one.startMs <= killedAtMs + 50 && one.endMs >= killedAtMs,
    )
    report.check(
      writes.every((one) => inFlight.includes(one)),
      `${writes.length} writes failed, all of ${inFlight.length} that were in flight`,
    )
  },
}

async function killHost(demo: Demo): Promise<Killing> {
  const client = await startClient({ front: demo.front(), writes: 0.3 })
  try {
    await waitFor('answers to C', () => (client.seen().length >= 200 ? true : undefined), { withinMs: 20_000 })
    const before = (await demo.api().service('production', 'blog')).hosts.find((host) => host.ready)
    if (before?.pid === null || before === undefined) throw new Error('no host of blog is ready')
    kill(before.pid, 'SIGKILL')
    const killedAtMs = Date.now()
    const after = await waitFor(
      `host ${before.id} with a new pid`,
      async () => {
        const host = (await demo.api().service('production', 'blog')).hosts.find((one) => one.id === before.id)
        return host?.ready && host.pid !== null && host.pid !== before.pid ? host : undefined
      },
      { withinMs: 20_000, everyMs: 50 },
    )
    const ms = Date.now() - killedAtMs
    await waitFor(
      'C to go on',
      () => (client.seen().some((one) => one.startMs > killedAtMs + ms + 1_000) ? true : undefined),
      { withinMs: 10_000 },
    )
    const seen = await client.stop()
    return { late: lateFraction(seen), seen, killedAtMs, before, after, ms }
  } finally {
    await client.stop()
  }
}

/** What does not change of a post: its title, author and text; of one host, if asked for. */
async function readPost(demo: Demo, host?: string): Promise<string | undefined> {
  const answer = await fetch(`${demo.front()}/api/blog/1`)
  const body = (await answer.json()) as { readonly title?: string; readonly author?: string; readonly text?: string }
  if (answer.status !== 200) return undefined
  if (host !== undefined && !answer.headers.get('x-cofferdam-served-by')?.includes(`host=${host};`)) return undefined
  return JSON.stringify([body.title, body.author, body.text])
}
