import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What the origin read of one request. */
export interface SeenRequest {
  readonly line: string
  /** Name in lower case, value. */
  readonly headers: readonly (readonly [string, string])[]
  readonly framing: string
  readonly body: string
}

interface Read {
  readonly request: SeenRequest
  readonly rest: string
}

/** @returns the body and what comes after it; undefined: it has not arrived. */
export function readChunked(text: string): { body: string; trailers: readonly string[]; rest: string } | undefined {
  let body = ''
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n', at)
    if (end === -1) return undefined
    const size = Number.parseInt(text.slice(at, end), 16)
    if (!(size >= 0)) return undefined
    at = end + 2
    if (size === 0) break
    if (text.length < at + size + 2) return undefined
    body += text.slice(at, at + size)
    at += size + 2
  }
  const trailers: string[] = []
  for (;;) {
    const end = text.indexOf('\r\n', at)
    if (end === -1) return undefined
    const line = text.slice(at, end)
    at = end + 2
    if (line === '') return { body, trailers, rest: text.slice(at) }
    trailers.push(line)
  }
}

function read(text: string): Read | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = lines.map((one) => {
    const colon = one.indexOf(':')
    return [one.slice(0, colon).toLowerCase(), one.slice(colon + 1).trim()] as const
  })
  const after = text.slice(end + 4)
  const valuesOf = (name: string): string[] => headers.filter((one) => one[0] === name).map((one) => one[1])
  const codings = valuesOf('transfer-encoding')
  const lengths = valuesOf('content-length')
  const framing = [...codings, ...lengths.map((length) => `length ${length}`)].join(' and ')
  if (codings.length > 0) {
    const chunked = readChunked(after)
    if (chunked === undefined) return undefined
    return { request: { line, headers, framing, body: chunked.body }, rest: chunked.rest }
  }
  const length = Number(lengths[0] ?? '0')
  if (after.length < length) return undefined
  return { request: { line, headers, framing, body: after.slice(0, length) }, rest: after.slice(length) }
}

const plain = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Stands behind one proxy, writes down the bytes it gets, and answers with any bytes. */
export class Origin {
  /** Whole requests, in the order in which they came. */
  seen: SeenRequest[] = []
  /** Bytes of requests that are not whole; one text for each connection. */
  private open = new Map<Socket, string>()
  private hostile: { readonly bytes: string; readonly thenClose: boolean } | undefined
  private readonly server: Server

  private constructor() {
    this.server = createServer((socket) => this.take(socket))
  }

  static async start(): Promise<Origin> {
    const origin = new Origin()
    await new Promise<void>((resolve) => origin.server.listen(0, '127.0.0.1', () => resolve()))
    return origin
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Forgets what it saw. @param hostile how it answers `/a` from now on; anything else is answered with 200. */
  begin(hostile?: { readonly bytes: string; readonly thenClose: boolean }): void {
    this.seen = []
    this.hostile = hostile
  }

  /** First lines of what came, whole or not; health checks and probes left out. */
  get reached(): readonly string[] {
    const begun = [...this.open.values()].filter((text) => text !== '').map((text) => text.split('\r\n', 1)[0]!)
    return [...this.seen.map(({ line }) => line), ...begun].filter((line) => !/^\w+ \/(healthz|probe) /.test(line))
  }

  private take(socket: Socket): void {
    this.open.set(socket, '')
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.open.get(socket) === '') this.open.delete(socket)
    })
    socket.on('data', (chunk) => {
      this.open.set(socket, (this.open.get(socket) ?? '') + chunk.toString('latin1'))
      this.answerAll(socket)
    })
  }

  private answerAll(socket: Socket): void {
    for (;;) {
      const found = read(this.open.get(socket) ?? '')
      if (found === undefined) return
      this.open.set(socket, found.rest)
      this.seen.push(found.request)
      const isHostile = this.hostile !== undefined && found.request.line.split(' ', 2)[1] === '/a'
      socket.write(isHostile ? this.hostile!.bytes : plain, 'latin1')
      if (isHostile && this.hostile!.thenClose) socket.end()
    }
  }

  /** Ends all connections: nothing of a case is left for the next one. */
  hangUp(): void {
    for (const socket of this.open.keys()) socket.destroy()
    this.open.clear()
  }

  async close(): Promise<void> {
    this.hangUp()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }
}
