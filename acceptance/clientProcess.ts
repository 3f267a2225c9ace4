import { Agent, request } from 'node:http'
import { setPriority } from 'node:os'

export interface ClientRequest {
  readonly method: string
  /** Epoch ms: when it was due, when it was sent, when the answer was complete or the failure seen. */
  readonly plannedMs: number
  readonly startMs: number
  readonly endMs: number
  /** 0 without an answer. */
  readonly status: number
  readonly servedBy: string
  readonly refused: string
  /** A reset, a cut answer, a time-out; else empty. */
  readonly error: string
}

interface Order {
  readonly front: string
  readonly path: string
  readonly rate: number
  readonly connections: number
  readonly writes: number
  readonly headers: Readonly<Record<string, string>>
}

const timeoutMs = 15_000
const reportEveryMs = 200

let batch: ClientRequest[] = []
let inFlight = 0
let stopping = false

process.once('message', (order: Order) => {
  try {
    // The client must not be what is late; where that is not allowed, the lateness is measured.
    setPriority(-10)
  } catch {
    // Not root.
  }
  const connections = Array.from({ length: order.connections }, () => ({
    agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    busy: 0,
  }))
  let at = 0
  const nextConnection = () => {
    for (let tries = 0; tries < connections.length; tries += 1) {
      at = (at + 1) % connections.length
      if (connections[at]?.busy === 0) break
    }
    return connections[at] as (typeof connections)[number]
  }
  const first = Date.now()
  let count = 0
  const tick = () => {
    if (stopping) return
    for (const now = Date.now(); first + (count * 1000) / order.rate <= now; count += 1) {
      const connection = nextConnection()
      connection.busy += 1
      send(order, connection.agent, first + (count * 1000) / order.rate, () => (connection.busy -= 1))
    }
    setTimeout(tick, Math.max(0, first + (count * 1000) / order.rate - Date.now()))
  }
  tick()
  const report = setInterval(() => {
    if (batch.length > 0) process.send?.(batch)
    batch = []
    if (stopping && inFlight === 0) {
      clearInterval(report)
      process.disconnect()
      process.exit(0)
    }
  }, reportEveryMs)
  process.on('message', (message) => {
    if (message === 'stop') stopping = true
  })
})
process.on('disconnect', () => process.exit(0))

function send(order: Order, agent: Agent, plannedMs: number, ended: () => void): void {
  const isWrite = Math.random() < order.writes
  const method = isWrite ? 'POST' : 'GET'
  let [startMs, status, servedBy, refused] = [Date.now(), 0, '', '']
  let done = false
  inFlight += 1
  const finish = (error: string) => {
    if (done) return
    done = true
    inFlight -= 1
    ended()
    batch.push({ method, plannedMs, startMs, endMs: Date.now(), status, servedBy, refused, error })
  }
  const body = isWrite ? JSON.stringify({ title: `From outside at ${plannedMs}` }) : ''
  const headers = {
    ...order.headers,
    ...(isWrite ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
  }
  const call = request(`${order.front}${order.path}`, { method, agent, headers, timeout: timeoutMs }, (answer) => {
    status = answer.statusCode ?? 0
    servedBy = String(answer.headers['x-cofferdam-served-by'] ?? '')
    refused = String(answer.headers['x-cofferdam-refused'] ?? '')
    answer.on('end', () => finish(answer.complete ? '' : 'cut'))
    answer.on('error', () => finish('cut'))
    answer.on('close', () => finish(answer.complete ? '' : 'cut'))
    answer.resume()
  })
  // Behind another request on its connection it is not sent before that is answered.
  call.on('socket', () => (startMs = Date.now()))
  call.on('timeout', () => call.destroy(new Error('time-out')))
  call.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
  call.end(body)
}
