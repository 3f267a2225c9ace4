import { connect, type Socket } from 'node:net'

/** What a load saw; times in microseconds. */
export interface LoadResult {
  readonly requests: number
  readonly failed: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

export interface LoadOptions {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly seconds: number
  /** Requests a second in all, open loop; absent: as fast as answers come (closed loop). */
  readonly rate?: number
}

interface Seen {
  requests: number
  failed: number
  readonly latencies: number[]
}

const endOfHead = Buffer.from('\r\n\r\n')
const endOfChunks = Buffer.from('0\r\n\r\n')

/** Where the answer at the beginning of these bytes ends; undefined: it has not ended. */
function endOfAnswer(bytes: Buffer): number | undefined {
  const head = bytes.indexOf(endOfHead)
  if (head < 0) return undefined
  const text = bytes.toString('latin1', 0, head)
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  if (length !== undefined) {
    const end = head + endOfHead.length + Number(length)
    return end <= bytes.length ? end : undefined
  }
  const last = bytes.indexOf(endOfChunks, head)
  return last < 0 ? undefined : last + endOfChunks.length
}

/** One kept connection with one request at a time; plain sockets, so that the load costs little beside what it measures. */
class Sender {
  isFree = true
  private socket: Socket | undefined
  private rest: Buffer = Buffer.alloc(0)
  private startedAtMs = 0
  private readonly port: number
  private readonly bytes: Buffer
  private readonly seen: Seen
  private readonly onFree: (sender: Sender) => void

  constructor({ port, path }: LoadOptions, seen: Seen, onFree: (sender: Sender) => void) {
    this.port = port
    this.bytes = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: */*\r\n\r\n`)
    this.seen = seen
    this.onFree = onFree
  }

  send(startedAtMs: number): void {
    this.isFree = false
    this.startedAtMs = startedAtMs
    this.socket ??= this.open()
    this.socket.write(this.bytes)
  }

  close(): void {
    this.socket?.destroy()
  }

  private open(): Socket {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true })
    socket.on('data', (data) => this.take(data))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.socket !== socket) return
      this.socket = undefined
      this.rest = Buffer.alloc(0)
      if (!this.isFree) this.end(false)
    })
    return socket
  }

  private take(data: Buffer): void {
    const bytes = this.rest.length === 0 ? data : Buffer.concat([this.rest, data])
    const end = this.isFree ? undefined : endOfAnswer(bytes)
    if (end === undefined) this.rest = bytes
    else {
      this.rest = bytes.subarray(end)
      // `HTTP/1.1 200`
      this.end(bytes[9] === 0x32)
    }
  }

  private end(isGood: boolean): void {
    const { seen } = this
    seen.requests += 1
    if (isGood) seen.latencies.push((performance.now() - this.startedAtMs) * 1000)
    else seen.failed += 1
    this.isFree = true
    this.onFree(this)
  }
}

async function closedLoop(options: LoadOptions, seen: Seen): Promise<void> {
  const endAtMs = performance.now() + options.seconds * 1000
  await new Promise<void>((resolve) => {
    let busy = options.connections
    const next = (sender: Sender): void => {
      const nowMs = performance.now()
      if (nowMs < endAtMs) return sender.send(nowMs)
      sender.close()
      busy -= 1
      if (busy === 0) resolve()
    }
    for (let i = 0; i < options.connections; i += 1) next(new Sender(options, seen, next))
  })
}

/**
 * A request starts when the load finds that it is due, also when no connection is free then: waiting for one counts. That the
 * load itself wakes late does not.
 */
async function openLoop(options: LoadOptions, rate: number, seen: Seen): Promise<void> {
  const waiting: number[] = []
  const free: Sender[] = []
  const senders = Array.from(
    { length: options.connections },
    () =>
      new Sender(options, seen, (sender) => {
        const startedAtMs = waiting.shift()
        if (startedAtMs === undefined) free.push(sender)
        else sender.send(startedAtMs)
      }),
  )
  free.push(...senders)
  const total = Math.round(rate * options.seconds)
  const startedAtMs = performance.now()
  for (let sent = 0; seen.requests < total; ) {
    const nowMs = performance.now()
    const dueBy = Math.min(total, ((nowMs - startedAtMs) / 1000) * rate)
    for (; sent < dueBy; sent += 1) {
      const sender = free.shift()
      if (sender === undefined) waiting.push(nowMs)
      else sender.send(nowMs)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  for (const sender of senders) sender.close()
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** Sends GET requests to a port of this machine. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const seen: Seen = { requests: 0, failed: 0, latencies: [] }
  const startedAtMs = performance.now()
  if (options.rate === undefined) await closedLoop(options, seen)
  else await openLoop(options, options.rate, seen)
  const seconds = (performance.now() - startedAtMs) / 1000
  const sorted = seen.latencies.sort((a, b) => a - b)
  const { requests, failed } = seen
  return {
    requests,
    failed,
    perSecond: requests / seconds,
    p50Us: quantile(sorted, 0.5),
    p99Us: quantile(sorted, 0.99),
    p999Us: quantile(sorted, 0.999),
  }
}
