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
    headers.push('x-forwarded-for', marks.clientAddress, 'x-forwarded-proto', 'http')
    if (head.host !== undefined) headers.push('x-forwarded-host', head.host)
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

/** The head of an answer as it is handed to the client. */
export interface AnswerHead {
  /** Name, value, name, value … */
  readonly headers: string[]
  /** −1: not given. */
  readonly contentLength: number
}

const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])
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
export function answerHead(raw: readonly (Buffer | string)[]): AnswerHead {
  const headers: string[] = []
  let contentLength = -1
  let connection: string | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = textOf(raw[i]!)
    const lowered = lower(name)
    if (hopByHop.has(lowered)) {
      if (lowered === 'connection') connection = textOf(raw[i + 1]!)
      continue
    }
    if (gatewayOnly.has(lowered)) continue
    const value = textOf(raw[i + 1]!)
    if (lowered === 'content-length') contentLength = Number(value)
    headers.push(name, value)
  }
  if (connection === undefined || connection === 'keep-alive' || connection === 'close')
    return { headers, contentLength }
  return { headers: withoutNamed(headers, connection), contentLength }
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
