import fc from 'fast-check'
import { parseArgs } from 'node:util'
import { invariant } from '../domain/errors.ts'
import { problemSchema } from '../http/contract/documents.ts'
import type { Route } from '../http/contract/route.ts'
import { routes } from '../http/contract/routes.ts'
import { type FuzzedAnswer, type FuzzedRequest, operationsOf, requestsOf, send, type Words } from './fuzzApi.fixture.ts'
import { type ServedApi, serveApi } from './servedApi.fixture.ts'

// A program of its own: node fuzzRun.fixture.ts [--runs N] [--only OPERATION] [--plant]. Prints what it found as JSON.
const { values } = parseArgs({
  options: { runs: { type: 'string' }, only: { type: 'string' }, plant: { type: 'boolean' } },
})
const runs = Number(values.runs ?? '25')

const askGateways = new Set(['ready', 'promotionRequests', 'explain'])

/** What is wrong with an answer, or nothing. */
function findFault({ operation }: FuzzedRequest, { status, type, text }: FuzzedAnswer): string | undefined {
  // A gateway that does not answer in time on a busy machine is told as such; only those that ask one may say so.
  if (status === 503 && askGateways.has(operation.id) && text.includes('"code":"unreachable"')) return undefined
  if (status >= 500) return `status ${status}`
  if (status >= 400) {
    if (!type.startsWith('application/problem+json')) return `a problem of type ${type}`
    const problem = problemSchema.safeParse(JSON.parse(text))
    return problem.success ? undefined : `a problem that is none: ${problem.error.message}`
  }
  const answers: Route['answers'] = (routes as Readonly<Record<string, Route>>)[operation.id]?.answers ?? {}
  const schema = answers[status]
  if (schema === undefined) return `status ${status}, which is not in the document`
  if (typeof schema === 'string') return type.startsWith(schema) ? undefined : `type ${type}`
  const read = schema.safeParse(JSON.parse(text))
  return read.success ? undefined : `an answer that the document does not describe: ${read.error.message}`
}

/** Puts something there to ask for: builds, and a promotion under way. */
async function prepare(api: ServedApi): Promise<Words> {
  const post = async (path: string, body: unknown): Promise<Response> =>
    fetch(`${api.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const emergency = { reason: 'it stays under way while its bake lasts', incident: 'i' }
  const from = api.paths.find((path) => path.endsWith('/other'))
  invariant(
    (await post('builds', { service: 'cart', from, name: 'other' })).status === 201,
    'what is asked for can be made',
  )
  invariant(
    (await post('promotions', { service: 'cart', build: 'other', emergency })).status === 201,
    'what is asked for can be made',
  )
  const { builds } = (await (await fetch(`${api.url}/api/v1/builds`)).json()) as {
    builds: readonly { digest: string }[]
  }
  const named = ['first', 'other', ...builds.map(({ digest }) => digest)]
  return {
    service: ['cart'],
    id: ['p-1'],
    name: ['cart', 'production'],
    from: api.paths,
    path: api.paths,
    build: named,
    to: named,
    a: named,
    b: named,
    command: ['node main.mjs'],
    url: ['/api/cart?x=1', '/nowhere'],
    method: ['GET', 'POST'],
    stage: ['staging'],
    environment: ['production'],
    lines: ['1', '5000'],
    limit: ['1', '1000'],
    after: ['0', '1'],
    anywhere: ['cart', 'first', 'production', 'canary', 'p-1', 'p-2', '1', 'a reason'],
  }
}

/** Every operation that the API's own document lists is asked so often; returns each fault with the request that found it. */
async function fuzz(
  api: ServedApi,
  only?: string,
): Promise<{ readonly asked: number; readonly faults: readonly string[] }> {
  const document: unknown = await (await fetch(`${api.url}/api/v1/openapi.json`)).json()
  const words = await prepare(api)
  const faults: string[] = []
  let asked = 0
  for (const operation of operationsOf(document)) {
    if (only !== undefined && operation.id !== only) continue
    // Not `fc.assert`: one fault is not to hide the others.
    for (const request of fc.sample(requestsOf(operation, words, api.token), { numRuns: runs, seed: 7 })) {
      asked += 1
      const fault = findFault(request, await send(api.url, request))
      if (fault !== undefined)
        faults.push(`${operation.method} ${request.path} ${request.body?.slice(0, 300)}: ${fault}`)
    }
  }
  return { asked, faults }
}

const planted = {
  holds: async () => {
    throw new Error('planted')
  },
  logs: async () => [5] as unknown as readonly string[],
}
const served = await serveApi(values.plant === true ? planted : {})
const found = await fuzz(served, values.only)
const { status: stillAnswers } = await fetch(`${served.url}/api/v1/status`)
process.stdout.write(`${JSON.stringify({ ...found, bugs: served.bugs.map(String), stillAnswers })}\n`)
await served.close()
process.exit(0)
