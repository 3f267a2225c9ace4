import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Demo } from '../demo.ts'
import { hashDatabase } from '../hashDatabase.ts'
import { kill } from '../processes.ts'
import type { Report } from '../report.ts'
import type { Row } from '../row.ts'
import { waitFor } from '../waitFor.ts'

const requests = 1_000
const targets = [
  { path: '/ui/blog', body: { title: 'Only staging' } },
  { path: '/api/blog', body: { title: 'Only staging' } },
  { path: '/api/tag', body: { post: 1, name: 'staging' } },
  { path: '/api/comments', body: { post: 1, text: 'Only staging' } },
] as const

export const row: Row = {
  id: 17,
  title: 'staging writes nothing of production; a database outlives its hosts and belongs to one environment',
  run: async (context, report) => {
    const demo = await context.ownDemo(0)
    const [productionBefore, stagingBefore] = [hashAll(demo, 'production'), hashAll(demo, 'staging')]
    report.check(
      productionBefore.size === 4 && stagingBefore.size === 4,
      `${productionBefore.size} databases of production, ${stagingBefore.size} of staging (4, 4)`,
    )
    const good = await askStaging(demo)
    report.check(
      good.writes >= requests / 4 && good.answered >= requests * 0.99,
      `${good.answered} of ${requests} answered 2xx through staging, ${good.writes} of them writes`,
    )
    const [productionAfter, stagingAfter] = [hashAll(demo, 'production'), hashAll(demo, 'staging')]
    const touched = [...productionAfter]
      .filter(([path, hash]) => productionBefore.get(path) !== hash)
      .map(([path]) => path)
    report.check(
      touched.length === 0,
      `production: ${touched.length} databases changed (0)${touched.length > 0 ? `: ${touched.join(', ')}` : ''}`,
    )
    const changed = [...stagingAfter].filter(([path, hash]) => stagingBefore.get(path) !== hash).length
    report.check(changed === 4, `staging: ${changed} databases changed (4)`)
    await checkComment(demo, report)
    await demo.sweep()
  },
}

function hashAll(demo: Demo, environment: string): ReadonlyMap<string, string> {
  const folder = join(demo.home, 'data', environment)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.db'))
  return new Map(files.map((path) => [path, hashDatabase(join(folder, path))]))
}

async function askStaging(demo: Demo): Promise<{ readonly answered: number; readonly writes: number }> {
  const front = demo.front('staging')
  let [answered, writes] = [0, 0]
  const ask = async (at: number) => {
    const target = targets[at % targets.length] ?? targets[0]
    const isWrite = Math.floor(at / targets.length) % 3 === 0
    const answer = await fetch(
      `${front}${target.path}`,
      isWrite
        ? { method: 'POST', body: JSON.stringify(target.body), headers: { 'content-type': 'application/json' } }
        : {},
    )
    await answer.arrayBuffer()
    if (!answer.ok) return
    answered += 1
    if (isWrite) writes += 1
  }
  for (let at = 0; at < requests; at += 20) await Promise.all(Array.from({ length: 20 }, (_, one) => ask(at + one)))
  return { answered, writes }
}

async function checkComment(demo: Demo, report: Report): Promise<void> {
  const text = `From one host ${Date.now()}`
  const posted = await waitFor(
    'a comment to be taken',
    async () => {
      const answer = await fetch(`${demo.front()}/api/comments`, {
        method: 'POST',
        body: JSON.stringify({ post: 1, text }),
        headers: { 'content-type': 'application/json' },
      })
      return answer.status === 201
        ? { id: ((await answer.json()) as { readonly id: number }).id, host: hostOf(answer) }
        : undefined
    },
    { withinMs: 10_000 },
  )
  const other = await waitFor(
    'another host to read it',
    async () => {
      const read = await readComment(demo, 'production', posted.id)
      return read.host !== posted.host && read.text === text ? read.host : undefined
    },
    { withinMs: 10_000, everyMs: 10 },
  )
  report.check(other !== posted.host, `comment ${posted.id} posted through host ${posted.host}, read through ${other}`)
  const before = (await demo.api().service('production', 'comment')).hosts
  for (const host of before) if (host.pid !== null) kill(host.pid, 'SIGKILL')
  const pids = new Set(before.map((host) => host.pid))
  await waitFor(
    'new hosts',
    async () => {
      const { hosts } = await demo.api().service('production', 'comment')
      return hosts.length === 4 && hosts.every((host) => host.ready && !pids.has(host.pid)) ? true : undefined
    },
    { withinMs: 30_000 },
  )
  const kept = await waitFor(
    'the comment',
    async () => ((await readComment(demo, 'production', posted.id)).text === text ? true : undefined),
    { withinMs: 5_000 },
  )
  report.check(kept, 'it survives kill -9 of all four hosts')
  const staging = await readComment(demo, 'staging', posted.id)
  report.check(staging.text !== text, `staging has not got it (${staging.status})`)
}

async function readComment(
  demo: Demo,
  environment: string,
  id: number,
): Promise<{ readonly status: number; readonly text?: string; readonly host: string }> {
  const answer = await fetch(`${demo.front(environment)}/api/comments/${id}`)
  const body = (await answer.json()) as { readonly text?: string }
  return { status: answer.status, host: hostOf(answer), ...(body.text === undefined ? {} : { text: body.text }) }
}

function hostOf(answer: Response): string {
  return /;host=([^;]*)/.exec(answer.headers.get('x-cofferdam-served-by') ?? '')?.[1] ?? ''
}
