import type { ProblemDocument } from '../../src/http/contract/documents.ts'

const base = '/api/v1'
const timeoutMs = 15_000

/** The API said no, or said nothing. */
export class ApiError extends Error {
  /** 0: no answer came. */
  readonly status: number
  readonly problem: ProblemDocument | undefined

  constructor(status: number, message: string, problem?: ProblemDocument) {
    super(message)
    this.status = status
    this.problem = problem
  }
}

/** Asks the API for a document below its base. @throws ApiError with the problem document where there is one. */
export async function getDocument<T>(path: string, signal?: AbortSignal): Promise<T> {
  return send<T>(path, { method: 'GET', ...(signal === undefined ? {} : { signal }) })
}

/** Asks the API for a change; sent once, whatever is pressed twice: the key makes a repeat harmless. */
export async function postChange<T>(path: string, body: unknown): Promise<T> {
  return send<T>(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
  })
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
  let response: Response
  try {
    response = await fetch(base + path, { ...init, signal, credentials: 'same-origin' })
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    throw new ApiError(
      0,
      timeout.aborted ? `no answer within ${timeoutMs / 1_000} s` : 'the control plane did not answer',
    )
  }
  const text = await response.text()
  const body: unknown = text === '' ? undefined : readJson(text)
  if (response.ok) return body as T
  const problem = isProblem(body) ? body : undefined
  throw new ApiError(response.status, problem?.detail ?? `the control plane answered ${response.status}`, problem)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === 'object' && body !== null && 'detail' in body
}
