import { randomUUID } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { CofferdamError } from '../domain/errors.ts'
import { ApiProblem } from './apiProblem.ts'
import type { ApiAddress } from './findApi.ts'

const apiBase = '/api/v1'
const maxAnswerBytes = 64 * 1024 * 1024
const idleMs = 120_000
/** A control plane that was killed is back within 5 s; twice that is waited for the answer to a change. */
const maxRepeatMs = 10_000

/** Calls the API. Answers that are not 2xx are thrown as `ApiProblem`, silence as `unreachable`. */
export interface Client {
  readonly url: () => string
  readonly get: <T>(path: string) => Promise<T>
  /** A change; sent again under the same key when the answer was lost on the way. */
  readonly post: <T>(path: string, body: unknown) => Promise<T>
  /** Lines of an event stream until it ends or the signal aborts. */
  readonly stream: (
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => AsyncIterable<string>
}

interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** @param find where the API is; asked at each call, because a control plane that comes back may have another port. */
export function createClient(find: () => ApiAddress): Client {
  let hasAnswered = false
  const call = async <T>(options: Call): Promise<T> => {
    const response = await open(find(), options)
    const body = parse(await readAll(response))
    hasAnswered = true
    const status = response.statusCode ?? 0
    if (status < 200 || status > 299) throw new ApiProblem(status, body)
    return body as T
  }

  return {
    url: () => find().url,
    get: (path) => call({ method: 'GET', path: apiBase + path }),
    post: async (path, body) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
      const options: Call = { method: 'POST', path: apiBase + path, headers, body: JSON.stringify(body) }
      const until = performance.now() + maxRepeatMs
      for (let wasSent = false; ; ) {
        try {
          return await call(options)
        } catch (error) {
          // Refused from the start: nobody is there. Cut off later: it may have been done. Who has answered before is back soon.
          wasSent ||= isCut(error)
          if (!(wasSent || hasAnswered) || !isUnreachable(error) || performance.now() > until) throw error
          await sleep(250)
        }
      }
    },
    stream: (path, headers, signal) =>
      readLines(find, {
        method: 'GET',
        path: apiBase + path,
        headers: { accept: 'text/event-stream', ...headers },
        signal,
      }),
  }
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof CofferdamError && error.code === 'unreachable'
}

function isCut(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET'
}

async function open(api: ApiAddress, { method, path, headers, body, signal }: Call): Promise<IncomingMessage> {
  const url = new URL(api.url + path)
  const request = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(
        new CofferdamError('unreachable', `the API at ${api.url} cannot be reached: ${describe(error)}`, {
          cause: error,
        }),
      )
    const outgoing = request(url, {
      method,
      agent: false,
      ...(signal === undefined ? {} : { signal }),
      headers: {
        ...headers,
        ...(api.token === undefined ? {} : { authorization: `Bearer ${api.token}` }),
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
    })
    outgoing.setTimeout(idleMs, () => outgoing.destroy(new Error(`no answer for ${idleMs / 1_000} s`)))
    outgoing.once('response', resolve).once('error', fail)
    outgoing.end(body)
  })
}

function describe(error: Error): string {
  return 'code' in error && error.code === 'ECONNREFUSED' ? 'nobody listens there' : error.message
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxAnswerBytes) throw new CofferdamError('too-large', 'the answer of the API is larger than 64 MB')
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof CofferdamError) throw error
    throw new CofferdamError('unreachable', 'the API broke off in the middle of its answer', { cause: error })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function* readLines(find: () => ApiAddress, options: Call): AsyncIterable<string> {
  const response = await open(find(), options)
  if (response.statusCode !== 200) throw new ApiProblem(response.statusCode ?? 0, parse(await readAll(response)))
  let rest = ''
  try {
    response.setEncoding('utf8')
    for await (const chunk of response as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw new CofferdamError('unreachable', 'the event stream was cut', { cause: error })
  }
}
