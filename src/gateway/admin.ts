import { chmod, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { ControlledGateway } from './controlledGateway.ts'
import type { ExplainQuestion } from './explainRequest.ts'
import type { SeenFilter } from './recentRequests.ts'
import type { LayerName } from './shareWatch.ts'

/** A Unix socket's path may have 107 bytes; 100 leave room for the temporary names of tools. */
export const maxSocketPathBytes = 100
const maxTableBytes = 64 * 1024 * 1024
const maxQuestionBytes = 1024 * 1024
const maxWaitMs = 30_000

interface Answer {
  readonly status: number
  readonly body: unknown
}

class BodyTooLarge extends Error {}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) throw new BodyTooLarge(`the body is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function problem(status: number, detail: string, more: object = {}): Answer {
  return { status, body: { status, detail, ...more } }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function readQuestion(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const value: unknown = JSON.parse((await readBody(request, maxQuestionBytes)).toString('utf8'))
    return isFields(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** `1s`, `250ms`, or milliseconds; at most 30 s. */
function waitMs(text: string | null): number {
  const match = /^(\d{1,6})(ms|s)?$/.exec(text ?? '0')
  if (match === null) return 0
  return Math.min(maxWaitMs, Number(match[1]) * (match[2] === 's' ? 1000 : 1))
}

function state(gateway: ControlledGateway, metricsPort: number): Answer {
  const { id, workers, generation, appliedAt, startedAt, tableProblem } = gateway
  const unwatched = gateway.unwatched()
  const sparePid = gateway.sparePid()
  const certificates = gateway.certificates().map(({ expiresAtMs, ...certificate }) => ({
    ...certificate,
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
  }))
  return {
    status: 200,
    body: {
      id,
      pid: process.pid,
      workers,
      workerPids: gateway.workerPids(),
      ...(sparePid === undefined ? {} : { sparePid }),
      generation,
      appliedAt,
      startedAt,
      metrics: { port: metricsPort },
      unwatched,
      ...(tableProblem === undefined ? {} : { tableProblem }),
      certificates,
    },
  }
}

async function putTable(gateway: ControlledGateway, request: IncomingMessage): Promise<Answer> {
  const applied = await gateway.apply(await readBody(request, maxTableBytes))
  if (applied.kind === 'applied') {
    const { kind: _, ...body } = applied
    return { status: 200, body }
  }
  if (applied.kind === 'stale')
    return problem(409, `the table in force has generation ${applied.generation}; allowed: a newer one`, {
      generation: applied.generation,
    })
  return problem(422, 'the table is not valid; nothing changed', {
    problems: applied.problems,
    generation: gateway.generation,
  })
}

async function cells(gateway: ControlledGateway, query: URLSearchParams): Promise<Answer> {
  const after = Number(query.get('after') ?? '0')
  if (!Number.isSafeInteger(after) || after < 0)
    return problem(400, `after is "${query.get('after')}"; allowed: a whole number, 0 or more`)
  const wait = waitMs(query.get('wait'))
  // A number from the future is of another clock: the reader learns at once what there is.
  if (after === gateway.cells.last && wait > 0) await gateway.cells.nextCut(wait)
  return { status: 200, body: gateway.cells.after(after) }
}

function readLayers(value: unknown): LayerName[] | undefined {
  if (!Array.isArray(value)) return undefined
  const layers: LayerName[] = []
  for (const item of value) {
    if (!isFields(item)) return undefined
    const { environment, service, layer } = item
    if (typeof environment !== 'string' || typeof service !== 'string' || typeof layer !== 'string') return undefined
    layers.push({ environment, service, layer })
  }
  return layers
}

async function watched(gateway: ControlledGateway, request: IncomingMessage): Promise<Answer> {
  const question = await readQuestion(request)
  const layers = readLayers(question?.['layers'])
  if (question === undefined || layers === undefined) {
    return problem(400, 'allowed: {"layers": [{"environment", "service", "layer"}], "generation": N}')
  }
  if (question['generation'] !== gateway.generation) {
    return problem(
      409,
      `the table in force has generation ${gateway.generation}, not ${JSON.stringify(question['generation'])}`,
      { generation: gateway.generation },
    )
  }
  return { status: 200, body: { generation: gateway.generation, ...gateway.renew(layers) } }
}

function readExplainQuestion(question: Readonly<Record<string, unknown>> | undefined): ExplainQuestion | undefined {
  const { method, url, headers, door, draw } = question ?? {}
  if (typeof method !== 'string' || typeof url !== 'string') return undefined
  if (door !== undefined && typeof door !== 'string') return undefined
  if (draw !== undefined && !(typeof draw === 'number' && draw >= 0 && draw < 1)) return undefined
  if (headers !== undefined && !isFields(headers)) return undefined
  const texts = Object.entries(headers ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return {
    method: method.toUpperCase(),
    url,
    headers: Object.fromEntries(texts),
    ...(door === undefined ? {} : { door }),
    ...(draw === undefined ? {} : { draw }),
  }
}

async function explain(gateway: ControlledGateway, request: IncomingMessage): Promise<Answer> {
  const question = readExplainQuestion(await readQuestion(request))
  if (question === undefined)
    return problem(400, 'allowed: {"method", "url", "headers": {}, "door"?, "draw"?: 0 to below 1}')
  const explained = await gateway.explain(question)
  return explained.ok ? { status: 200, body: explained.explanation } : problem(404, explained.problem)
}

async function requests(gateway: ControlledGateway, query: URLSearchParams): Promise<Answer> {
  const failed = query.get('failed')
  const limit = Number(query.get('limit') ?? '0')
  const filter: SeenFilter = {
    ...named(query, 'environment'),
    ...named(query, 'service'),
    ...named(query, 'layer'),
    ...(failed === null ? {} : { failed: failed === '' || failed === 'true' || failed === '1' }),
    ...(Number.isSafeInteger(limit) && limit > 0 ? { limit } : {}),
  }
  const seen = await gateway.requests(filter)
  const list = seen.map(({ atMs, ...request }) => ({ ...request, at: new Date(atMs).toISOString() }))
  return { status: 200, body: { requests: list } }
}

function named(query: URLSearchParams, name: 'environment' | 'service' | 'layer'): SeenFilter {
  const value = query.get(name)
  return value === null ? {} : { [name]: value }
}

async function answer(gateway: ControlledGateway, metricsPort: number, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://gateway')
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'GET /':
      return state(gateway, metricsPort)
    case 'GET /table':
      return gateway.tableBytes === undefined
        ? problem(404, 'there is no table yet; PUT /table gives it one')
        : { status: 200, body: gateway.tableBytes }
    case 'PUT /table':
      return await putTable(gateway, request)
    case 'POST /watched':
      return await watched(gateway, request)
    case 'GET /cells':
      return await cells(gateway, url.searchParams)
    case 'GET /pools':
      return { status: 200, body: await gateway.pools() }
    case 'GET /requests':
      return await requests(gateway, url.searchParams)
    case 'POST /explain':
      return await explain(gateway, request)
    default:
      return problem(
        404,
        `"${request.method} ${url.pathname}" is not here; here are GET /, GET|PUT /table, POST /watched, GET /cells, GET /pools, GET /requests, POST /explain`,
      )
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'content-length': bytes.length,
  })
  response.end(bytes)
}

async function isAnswered(path: string): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/**
 * Serves the admin socket, for its owner only.
 * @throws Error when the path is too long or another gateway answers there; with a `code` when the folder cannot be written.
 */
export async function serveAdmin(path: string, gateway: ControlledGateway, metricsPort: number): Promise<Server> {
  const bytes = Buffer.byteLength(path)
  if (bytes > maxSocketPathBytes) {
    throw new Error(
      `admin socket "${path}" has a path of ${bytes} bytes; allowed: ${maxSocketPathBytes}. Choose a shorter home with --home`,
    )
  }
  if (await isAnswered(path)) throw new Error(`another gateway answers on "${path}"; stop it, or choose another --dir`)
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    answer(gateway, metricsPort, request)
      .catch((error: unknown) =>
        problem(error instanceof BodyTooLarge ? 413 : 500, error instanceof Error ? error.message : String(error)),
      )
      .then((given) => send(response, given))
      .catch(() => response.destroy())
  })
  const umask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, () => resolve())
    })
  } finally {
    process.umask(umask)
  }
  await chmod(path, 0o600)
  return server
}
