import { CofferdamError, errorCatalogue, type ErrorCode } from '../domain/errors.ts'
import type { Hold } from '../domain/holds.ts'
import type { HoldDocument } from '../engine/api.ts'
import type { ProblemDocument } from './contract/documents.ts'

/** An error that becomes a problem document with another status than its code usually has. */
export class RequestError extends CofferdamError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ErrorCode,
    status: number,
    message: string,
    options: {
      readonly details?: Readonly<Record<string, unknown>>
      readonly headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    super(code, message, options.details === undefined ? {} : { details: options.details })
    this.status = status
    this.headers = options.headers ?? {}
  }
}

export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ProblemDocument
  /** Whether nobody foresaw it: the log must have its cause. */
  readonly isBug: boolean
}

/** The RFC 9457 document of anything that was thrown. A bug shows nothing of itself but the id to find it by. */
export function toProblem(error: unknown, requestId: string): Problem {
  const known = error instanceof CofferdamError ? error : fromFramework(error)
  if (known === undefined) {
    const detail = `the control plane failed on this request; its log has the cause under ${requestId}`
    return { status: 500, headers: {}, body: makeProblem('bug', 500, detail, requestId, {}), isBug: true }
  }
  const status = known instanceof RequestError ? known.status : errorCatalogue[known.code].status
  return {
    status,
    headers: known instanceof RequestError ? known.headers : {},
    body: makeProblem(known.code, status, known.message, requestId, known.details),
    isBug: known.code === 'bug',
  }
}

/** The error that says why something may not be changed now. */
export function refuse(holds: readonly Hold[]): CofferdamError {
  const text = holds.map((hold) => hold.text).join('; ')
  return new CofferdamError('held', text === '' ? 'this may not be changed now' : text, {
    details: { holds: holds.map(toHoldDocument) },
  })
}

/** A hold with its instants in ISO 8601. */
export function toHoldDocument(hold: Hold): HoldDocument {
  return {
    rule: hold.rule,
    on: hold.on,
    since: new Date(hold.sinceMs).toISOString(),
    until: hold.untilMs === undefined ? null : new Date(hold.untilMs).toISOString(),
    text: hold.text,
    help: hold.help,
  }
}

function makeProblem(
  code: ErrorCode,
  status: number,
  detail: string,
  requestId: string,
  details: Readonly<Record<string, unknown>>,
): ProblemDocument {
  const { help, retry } = errorCatalogue[code]
  return {
    help,
    ...details,
    type: `urn:cofferdam:problem:${code}`,
    title: code.replaceAll('-', ' '),
    status,
    code,
    detail,
    retry,
    requestId,
  }
}

/** What the web framework refuses before any handler runs carries a 4xx `statusCode`. */
function fromFramework(error: unknown): RequestError | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined
  if (error.statusCode < 400 || error.statusCode > 499) return undefined
  if (error.statusCode === 413)
    return new RequestError('too-large', 413, 'the body of the request is larger than 1 MB, which is the most allowed')
  if (error.statusCode === 415)
    return new RequestError('usage', 415, 'the body of a request must be `application/json`')
  return new RequestError('usage', error.statusCode, error.message)
}
