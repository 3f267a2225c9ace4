/** What a header means to the gateway; `pass` for all that it only hands on. */
type HeaderKind =
  | 'pass'
  | 'hop'
  | 'host'
  | 'key'
  | 'baggage'
  | 'cookie'
  | 'request-id'
  | 'client-request-id'
  | 'forwarded'
  | 'content-length'
  | 'transfer-encoding'
  | 'connection'
  | 'upgrade'
  | 'accept'
  | 'fetch-mode'

const kinds = new Map<string, HeaderKind>([
  ['connection', 'connection'],
  ['keep-alive', 'hop'],
  ['proxy-connection', 'hop'],
  ['te', 'hop'],
  ['trailer', 'hop'],
  ['expect', 'hop'],
  ['http2-settings', 'hop'],
  ['transfer-encoding', 'transfer-encoding'],
  ['upgrade', 'upgrade'],
  ['host', 'host'],
  ['x-cofferdam-key', 'key'],
  ['baggage', 'baggage'],
  ['cookie', 'cookie'],
  ['x-request-id', 'request-id'],
  ['x-client-request-id', 'client-request-id'],
  ['forwarded', 'forwarded'],
  ['x-forwarded-for', 'forwarded'],
  ['x-forwarded-proto', 'forwarded'],
  ['x-forwarded-host', 'forwarded'],
  ['x-forwarded-port', 'forwarded'],
  ['x-forwarded-server', 'forwarded'],
  ['x-forwarded-prefix', 'forwarded'],
  ['x-real-ip', 'forwarded'],
  ['content-length', 'content-length'],
  ['accept', 'accept'],
  ['sec-fetch-mode', 'fetch-mode'],
])

/** Names as clients spell them, so that most look-ups need no lower-casing. Bounded: clients choose these names. */
const spelled = new Map<string, HeaderKind>()
const maxSpelled = 2_000

function kindOf(name: string): HeaderKind {
  const known = spelled.get(name)
  if (known !== undefined) return known
  const kind = kinds.get(name.toLowerCase()) ?? 'pass'
  if (spelled.size < maxSpelled && name.length <= 64) spelled.set(name, kind)
  return kind
}

const ownTokens = new Set(['keep-alive', 'close', 'upgrade', 'te', 'http2-settings', ''])

/** The head of a request, read once from its raw headers. */
export class RequestHead {
  /** Headers that are handed on: name, value, name, value … Connection, body framing and marks are not among them. */
  readonly passed: string[] = []
  host: string | undefined
  hosts = 0
  key: string | undefined
  baggage: string | undefined
  cookie: string | undefined
  requestId: string | undefined
  contentLength: string | undefined
  /** Values of Transfer-Encoding. */
  codings: string | undefined
  upgrade: string | undefined
  accept: string | undefined
  fetchMode: string | undefined
  /** Bytes of all header lines. */
  bytes = 0
  /** The client's connection is encrypted: to here, or to a proxy that is trusted. */
  isSecure = false
  /** What a trusted proxy says; undefined from anybody else. */
  forwardedProto: string | undefined
  forwardedHost: string | undefined
  private readonly isTrusted: boolean

  /**
   * @param isFront what only the gateway may say at a front door (`x-forwarded-*`, ids) is not handed on.
   * @param isTrusted it comes from a proxy whose `x-forwarded-*` are handed on all the same.
   */
  constructor(rawHeaders: readonly string[], isFront: boolean, isTrusted = false) {
    this.isTrusted = isTrusted
    let named: string[] | undefined
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]!
      const value = rawHeaders[i + 1]!
      const kind = kindOf(name)
      this.bytes += name.length + value.length + 4
      if (kind === 'pass') this.passed.push(name, value)
      else if (kind === 'connection') named = this.connectionTokens(value, named)
      else this.take(kind, name, value, isFront)
    }
    if (named !== undefined) this.dropNamed(named)
  }

  private take(kind: HeaderKind, name: string, value: string, isFront: boolean): void {
    switch (kind) {
      case 'host':
        this.host = value
        this.hosts += 1
        return
      case 'key':
        this.key ??= value
        return
      case 'baggage':
        this.baggage = this.baggage === undefined ? value : `${this.baggage},${value}`
        return
      case 'cookie':
        this.cookie = this.cookie === undefined ? value : `${this.cookie}; ${value}`
        break
      case 'request-id':
        this.requestId ??= value
        return
      case 'content-length':
        this.contentLength = this.contentLength === undefined ? value : `${this.contentLength}, ${value}`
        return
      case 'transfer-encoding':
        this.codings = this.codings === undefined ? value : `${this.codings}, ${value}`
        return
      case 'upgrade':
        this.upgrade = this.upgrade === undefined ? value : `${this.upgrade}, ${value}`
        return
      case 'hop':
        return
      case 'client-request-id':
        if (isFront) return
        break
      case 'forwarded':
        if (isFront && !(this.isTrusted && this.takeForwarded(name, value))) return
        break
      case 'accept':
        this.accept = value
        break
      case 'fetch-mode':
        this.fetchMode = value
        break
      case 'pass':
      case 'connection':
        break
    }
    this.passed.push(name, value)
  }

  /** Of a trusted proxy. @returns whether it is handed on. */
  private takeForwarded(name: string, value: string): boolean {
    switch (name.toLowerCase()) {
      case 'x-forwarded-for':
        return true
      case 'x-forwarded-proto':
        this.forwardedProto = value.toLowerCase() === 'https' ? 'https' : 'http'
        return false
      case 'x-forwarded-host':
        this.forwardedHost = value
        return false
      default:
        return false
    }
  }

  /** Headers that `Connection` names are for this connection only (RFC 9110, 7.6.1). */
  private connectionTokens(value: string, before: string[] | undefined): string[] | undefined {
    if (value === 'keep-alive' || value === 'close') return before
    const tokens = value.split(',').map((token) => token.trim().toLowerCase())
    const others = tokens.filter((token) => !ownTokens.has(token))
    if (others.length === 0) return before
    return before === undefined ? others : [...before, ...others]
  }

  private dropNamed(named: readonly string[]): void {
    const kept: string[] = []
    for (let i = 0; i < this.passed.length; i += 2) {
      if (!named.includes(this.passed[i]!.toLowerCase())) kept.push(this.passed[i]!, this.passed[i + 1]!)
    }
    this.passed.length = 0
    this.passed.push(...kept)
  }

  get isChunked(): boolean {
    return this.codings !== undefined
  }

  get hasBody(): boolean {
    return this.isChunked || (this.contentLength !== undefined && this.contentLength !== '0')
  }

  /** Host name in lower case, without port; empty when there is none. */
  get hostName(): string {
    const host = this.host ?? ''
    const colon = host.lastIndexOf(':')
    const name = colon === -1 || host.endsWith(']') ? host : host.slice(0, colon)
    return name.toLowerCase()
  }
}
