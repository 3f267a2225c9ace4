import { keyHeader, withBaggageKey } from '../domain/routing/keys.ts'
import type { KeyState } from '../domain/routing/resolve.ts'
import type { RequestHead } from './requestHead.ts'

/** What the gateway itself says to the host. */
export interface OutgoingMarks {
  readonly isFront: boolean
  readonly requestId: string
  readonly clientAddress: string
  readonly key: string | undefined
  readonly keyState: KeyState
}

/** The headers of the forwarded request. The head's own list is used up: it belongs to one request. */
export function outgoingHeaders(head: RequestHead, marks: OutgoingMarks): string[] {
  const headers = head.passed
  if (head.host !== undefined) headers.push('host', head.host)
  headers.push('x-request-id', marks.requestId)
  if (marks.isFront) {
    if (head.requestId !== undefined) headers.push('x-client-request-id', head.requestId)
    // After what a trusted proxy said, which is another line of the same list.
    headers.push('x-forwarded-for', marks.clientAddress, 'x-forwarded-proto', head.isSecure ? 'https' : 'http')
    const host = head.forwardedHost ?? head.host
    if (host !== undefined) headers.push('x-forwarded-host', host)
  }
  pushKey(headers, head, marks)
  return headers
}

/** A known key travels on, in both forms. An unknown one ends at a front door; at a back door it may be known further on. */
function pushKey(headers: string[], head: RequestHead, marks: OutgoingMarks): void {
  let { baggage, key } = head
  if (marks.keyState === 'known') {
    key = marks.key
    baggage = withBaggageKey(baggage, key)
  } else if (marks.isFront && marks.keyState !== 'none') {
    key = undefined
    baggage = withBaggageKey(baggage, undefined)
  }
  if (key !== undefined) headers.push(keyHeader, key)
  if (baggage !== undefined) headers.push('baggage', baggage)
}

/** Headers as they came: name, value, name, value …, Latin-1 bytes. */
export type RawHeaders = readonly (Buffer | string)[]

/** The head of an answer as it is handed to the client. */
export interface AnswerHead {
  /** Name, value, name, value … */
  readonly headers: string[]
  /** −1: not given. */
  readonly contentLength: number
  /** Value of `Trailer`, which is not among the headers. */
  readonly trailer: string | undefined
  /** Why the answer cannot be handed on. */
  readonly problem: string | undefined
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Said by the gateway alone; a service that copies the headers of an answer it got must not say them. */
const gatewayOnly = new Set(['x-cofferdam-served-by', 'x-cofferdam-refused', 'x-cofferdam-key-state'])

const spelled = new Map<string, string>()

function lower(name: string): string {
  const known = spelled.get(name)
  if (known !== undefined) return known
  const lowered = name.toLowerCase()
  if (spelled.size < 2_000 && name.length <= 64) spelled.set(name, lowered)
  return lowered
}

function textOf(bytes: Buffer | string): string {
  return typeof bytes === 'string' ? bytes : bytes.toString('latin1')
}

/** Takes what concerns only the connection to the host out of the answer's headers. */
export function answerHead(status: number, raw: RawHeaders): AnswerHead {
  const headers: string[] = []
  let contentLength = -1
  let connection: string | undefined
  let trailer: string | undefined
  let codings: string | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = textOf(raw[i]!)
    const lowered = lower(name)
    if (hopByHop.has(lowered)) {
      const value = textOf(raw[i + 1]!)
      if (lowered === 'connection') connection = joined(connection, value)
      else if (lowered === 'trailer') trailer = joined(trailer, value)
      else if (lowered === 'transfer-encoding') codings = joined(codings, value)
      continue
    }
    if (gatewayOnly.has(lowered)) continue
    const value = textOf(raw[i + 1]!)
    if (lowered === 'content-length') {
      // RFC 9110, 8.6: an answer without content has none; a client that believes it would wait for bytes.
      if (status === 204 || status < 200) continue
      contentLength = Number(value)
    }
    headers.push(name, value)
  }
  const problem = codings === undefined ? undefined : codingProblem(codings, contentLength)
  const isPlain = connection === undefined || connection === 'keep-alive' || connection === 'close'
  return { headers: isPlain ? headers : withoutNamed(headers, connection!), contentLength, trailer, problem }
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`
}

/** Any other coding would have to be undone before the header that names it is dropped. */
function codingProblem(codings: string, contentLength: number): string | undefined {
  if (codings.trim().toLowerCase() !== 'chunked')
    return `its Transfer-Encoding is ${JSON.stringify(codings.slice(0, 100))}; allowed: chunked`
  return contentLength === -1 ? undefined : 'it has both Content-Length and Transfer-Encoding; allowed: one of them'
}

function withoutNamed(headers: readonly string[], connection: string): string[] {
  const named = new Set(connection.split(',').map((token) => token.trim().toLowerCase()))
  named.delete('content-length')
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (!named.has(headers[i]!.toLowerCase())) kept.push(headers[i]!, headers[i + 1]!)
  }
  return kept
}

/** RFC 9110, 6.5.1: what frames, routes or authorises must not come after the body. */
const notAfterBody = new Set(
  (
    'content-length host content-encoding content-type content-range set-cookie authorization cache-control ' +
    'location www-authenticate x-request-id'
  ).split(' '),
)

/** The trailers that are handed on. */
export function* forwardedTrailers(
  trailers: Readonly<Record<string, string | string[] | undefined>>,
): Iterable<readonly [string, string]> {
  for (const name in trailers) {
    const value = trailers[name]
    const lowered = lower(name)
    if (value === undefined || hopByHop.has(lowered) || gatewayOnly.has(lowered) || notAfterBody.has(lowered)) continue
    yield [name, Array.isArray(value) ? value.join(', ') : value]
  }
}
