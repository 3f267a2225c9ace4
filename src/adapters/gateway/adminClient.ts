import { request } from 'node:http'
import { CofferdamError } from '../../domain/errors.ts'
import type { Explanation } from '../../domain/routing/why.ts'
import type { Cell, GatewayState, PoolHost, PutAnswer } from '../../engine/ports.ts'

const maxAnswerBytes = 128 * 1024 * 1024

interface Call {
  readonly socketPath: string
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly path: string
  readonly body?: string | Uint8Array
  /** For the whole call. */
  readonly timeoutMs: number
}

interface Answer {
  readonly status: number
  readonly text: string
}

function unreachable(call: Call, why: string, cause?: unknown): CofferdamError {
  const message = `gateway at "${call.socketPath}" cannot be reached (${call.method} ${call.path}): ${why}`
  return new CofferdamError('unreachable', message, cause === undefined ? {} : { cause })
}

async function ask(call: Call): Promise<Answer> {
  return await new Promise<Answer>((resolve, reject) => {
    const body = call.body === undefined ? undefined : Buffer.from(call.body)
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }
    const asked = request({ socketPath: call.socketPath, method: call.method, path: call.path, headers, agent: false })
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      reject(
        error instanceof CofferdamError
          ? error
          : unreachable(call, error instanceof Error ? error.message : String(error), error),
      )
    }
    const timer = setTimeout(() => {
      asked.destroy(unreachable(call, `no answer within ${call.timeoutMs} ms`))
    }, call.timeoutMs)
    asked.on('error', fail)
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        chunks.push(chunk)
        if (length > maxAnswerBytes)
          asked.destroy(unreachable(call, `its answer is larger than ${maxAnswerBytes} bytes`))
      })
      response.on('error', fail)
      response.on('end', () => {
        clearTimeout(timer)
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
      })
    })
    asked.end(body)
  })
}

function parsed(call: Call, answer: Answer): unknown {
  try {
    return JSON.parse(answer.text)
  } catch (error) {
    throw unreachable(call, `its answer (status ${answer.status}) is not JSON`, error)
  }
}

function refused(call: Call, answer: Answer): CofferdamError {
  const body = parsed(call, answer) as { detail?: unknown }
  const detail = typeof body.detail === 'string' ? body.detail : answer.text.slice(0, 200)
  const message = `gateway at "${call.socketPath}" refused ${call.method} ${call.path} (status ${answer.status}): ${detail}`
  return new CofferdamError(
    answer.status === 409 ? 'stale-generation' : answer.status < 500 ? 'usage' : 'unreachable',
    message,
  )
}

async function askFor<T>(call: Call): Promise<T> {
  const answer = await ask(call)
  if (answer.status !== 200) throw refused(call, answer)
  return parsed(call, answer) as T
}

/** Gives a table to a gateway. A table that is not newer, or not valid, is an answer, not an error; valid ones have no problems. */
export async function putTable(socketPath: string, bytes: string | Uint8Array, timeoutMs: number): Promise<PutAnswer> {
  const call: Call = { socketPath, method: 'PUT', path: '/table', body: bytes, timeoutMs }
  const answer = await ask(call)
  if (answer.status !== 200 && answer.status !== 409 && answer.status !== 422) throw refused(call, answer)
  const body = parsed(call, answer) as {
    generation: number
    appliedAt: string
    durableAt: string | null
    problem?: string
    problems?: readonly string[]
  }
  if (answer.status !== 200) return { applied: false, generation: body.generation, problems: body.problems ?? [] }
  const { generation, appliedAt, durableAt, problem } = body
  return { applied: true, generation, appliedAt, durableAt, ...(problem === undefined ? {} : { problem }) }
}

export async function getState(socketPath: string, timeoutMs: number): Promise<GatewayState> {
  return await askFor({ socketPath, method: 'GET', path: '/', timeoutMs })
}

export interface CellsAnswer {
  readonly cells: readonly Cell[]
  /** Pass it as the next `after`. */
  readonly next: number
  /** The first second that is kept: `after < oldest - 1` has missed some. */
  readonly oldest: number
}

/** @param waitMs how long the gateway may wait for the next second when there is nothing after `after` yet. */
export async function getCells(
  socketPath: string,
  after: number,
  waitMs: number,
  timeoutMs: number,
): Promise<CellsAnswer> {
  return await askFor({
    socketPath,
    method: 'GET',
    path: `/cells?after=${after}&wait=${waitMs}ms`,
    timeoutMs: waitMs + timeoutMs,
  })
}

export async function getPools(socketPath: string, timeoutMs: number): Promise<readonly PoolHost[]> {
  return await askFor({ socketPath, method: 'GET', path: '/pools', timeoutMs })
}

export interface LayerName {
  readonly environment: string
  readonly service: string
  readonly layer: string
}

export interface Renewal {
  readonly renewed: number
  readonly unknown: readonly LayerName[]
  /** Already home: only a newer table brings them back. */
  readonly unwatched: readonly LayerName[]
}

/** Renews `watchedFor` of layers. Throws `stale-generation` when the gateway works by another table. */
export async function postWatched(
  socketPath: string,
  layers: readonly LayerName[],
  generation: number,
  timeoutMs: number,
): Promise<Renewal> {
  return await askFor({
    socketPath,
    method: 'POST',
    path: '/watched',
    body: JSON.stringify({ layers, generation }),
    timeoutMs,
  })
}

export interface ExplainQuestion {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly door?: string
  readonly draw?: number
}

export async function explain(socketPath: string, question: ExplainQuestion, timeoutMs: number): Promise<Explanation> {
  return await askFor({ socketPath, method: 'POST', path: '/explain', body: JSON.stringify(question), timeoutMs })
}

export interface RequestsFilter {
  readonly environment?: string
  readonly service?: string
  readonly layer?: string
  readonly failed?: boolean
  readonly limit?: number
}

/** One request as a gateway kept it. */
export interface KeptRequest {
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
  readonly caller: string | null
  readonly environment: string
  readonly service: string
  readonly layer: string | null
  readonly host: string | null
  readonly refused: string | null
  readonly why: readonly { readonly rule: string; readonly text: string }[]
}

/** The last failed and sampled requests, newest first. */
export async function getRequests(
  socketPath: string,
  filter: RequestsFilter,
  timeoutMs: number,
): Promise<readonly KeptRequest[]> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value))
  const answer = await askFor<{ requests: readonly KeptRequest[] }>({
    socketPath,
    method: 'GET',
    path: `/requests?${query.toString()}`,
    timeoutMs,
  })
  return answer.requests
}
