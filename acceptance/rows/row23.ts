import { randomBytes } from 'node:crypto'
import { addPagesBuild, waitForCanary } from '../canaryOfPages.ts'
import type { Context } from '../context.ts'
import type { Demo } from '../demo.ts'
import { requestDeploy } from '../requestDeploy.ts'
import type { Row } from '../row.ts'

interface Explanation {
  readonly service: string | null
  readonly layer: string | null
  readonly build: unknown
}

const requests = 200
const atOnce = 8

export const row: Row = {
  id: 23,
  title: 'explain says what the same request gets',
  run: async (context, report) => {
    const demo = await context.demo()
    const id = await startCanary(context, demo)
    await waitForCanary(demo, id)
    const layers = new Map<string, number>()
    const different: string[] = []
    const kinds = new Set<string>()
    const ask = async (at: number) => {
      const headers = drawHeaders(at)
      const url = `${demo.front()}/ui/blog${at % 3 === 0 ? '/1' : ''}`
      const served = await readServed(url, headers)
      const explained = await explain(demo, url, headers, at % 40 === 0)
      kinds.add(typeof explained.build)
      layers.set(served.layer, (layers.get(served.layer) ?? 0) + 1)
      const [a, b] = [
        `${served.service} ${served.build} ${served.layer}`,
        `${explained.service} ${nameOf(explained.build)} ${explained.layer}`,
      ]
      if (a !== b) different.push(`${JSON.stringify(headers)}: served ${a}, explained ${b}`)
    }
    for (let at = 0; at < requests; at += atOnce)
      await Promise.all(Array.from({ length: atOnce }, (_, one) => ask(at + one)))
    report.check(
      [...kinds].join(', ') === 'string',
      `explain's build is a name, as in status (${[...kinds].join(', ')})`,
    )
    report.measure([...layers].map(([layer, count]) => `${layer} ${count}`).join(', '))
    report.check(
      different.length === 0,
      `${requests - different.length} of ${requests} alike${different.length > 0 ? `; ${different[0]}` : ''}`,
    )
    report.check(
      (layers.get('canary') ?? 0) > 0 && (layers.get('stable') ?? 0) > 0,
      'more than one layer answered: else this looks at nothing',
    )
    const promotion = await demo.api().promotion(id)
    report.check(
      (promotion.rollout?.share.set ?? 0) > 0,
      `the canary was there to the end (${promotion.phase}, share ${promotion.rollout?.share.set})`,
    )
    await demo.cli(['promotion', 'abort', id], 60_000)
  },
}

async function startCanary(context: Context, demo: Demo): Promise<string> {
  const known = context.facts.get('pages promotion')
  if (typeof known === 'string' && (await demo.api().promotion(known)).phase === 'moving') return known
  return requestDeploy(demo, { service: 'blog-ui', build: await addPagesBuild(context, demo) })
}

/** A session, or a session and a key that nobody has, in each of the places that a key can be. */
function drawHeaders(at: number): Record<string, string> {
  const session = `cofferdam-session=${randomBytes(16).toString('hex')}`
  const key = `k${randomBytes(3).toString('hex')}`
  if (at % 4 === 0) return { cookie: session, 'x-cofferdam-key': key }
  if (at % 8 === 2) return { cookie: session, baggage: `other=1,cofferdam.key=${key}` }
  if (at % 8 === 6) return { cookie: `${session}; cofferdam-key=${key}` }
  return { cookie: session }
}

async function explain(demo: Demo, url: string, headers: Record<string, string>, byCli: boolean): Promise<Explanation> {
  if (byCli) {
    const flags = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
    return (await demo.cli(['explain', 'GET', url, ...flags], 30_000)).json as Explanation
  }
  return (await demo.api().post('/explain', { method: 'GET', url, headers })).body as Explanation
}

async function readServed(
  url: string,
  headers: Record<string, string>,
): Promise<{ readonly service: string; readonly build: string; readonly layer: string }> {
  const answer = await fetch(url, { headers })
  await answer.arrayBuffer()
  const groups = /^(?<service>[^@]+)@[^/]+\/(?<build>[^;]*);host=[^;]*;layer=(?<layer>.*)$/.exec(
    answer.headers.get('x-cofferdam-served-by') ?? '',
  )?.groups
  return { service: groups?.['service'] ?? '-', build: groups?.['build'] ?? '-', layer: groups?.['layer'] ?? '-' }
}

/** A name is what the contract has; an object with one is compared all the same. */
function nameOf(build: unknown): string {
  return typeof build === 'object' && build !== null && 'name' in build ? String(build.name) : String(build)
}
