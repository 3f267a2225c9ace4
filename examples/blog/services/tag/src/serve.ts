import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import type { Chaos } from './chaos.ts'
import { drawPauseMs } from './pause.ts'

export interface Call {
  readonly method: string
  /** What follows the service's prefix: `` or `/1`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

export interface Reply {
  readonly status: number
  /** A string is sent as HTML, everything else as JSON. */
  readonly body: unknown
}

export interface ServeOptions {
  readonly prefix: string
  readonly environment: NodeJS.ProcessEnv
  readonly chaos: Chaos
  readonly handle: (call: Call) => Reply | Promise<Reply>
  /** Called once, when the last request has been answered. */
  readonly onStopped: () => void
}

/** An answer that is the caller's fault, thrown from anywhere in a handler. */
export class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Nothing is perfect: about one request in 1,000 fails by itself, so that there is a base rate to compare with. */
const ownErrors = 0.001
const maxBodyBytes = 64 * 1024
const maxErrorLinesPerSecond = 10

// Left alone, V8 lets the space for young objects grow with the load, by up to 80 MB; so memory would follow the load.
setFlagsFromString('--semi-space-growth-factor=1')

/** Listens on `HOST:PORT` until SIGTERM or SIGINT; then answers what is in flight, and lets the process end. */
export function serve(options: ServeOptions): void {
  const log = openLog(options.environment)
  let stopping = false

  const server = createServer((request, response) => {
    const url = request.url ?? '/'
    if (stopping) response.setHeader('connection', 'close')
    if (url === '/healthz') return send(response, { status: 200, body: { ok: true } })
    answer(request, url, options).then(
      (reply) => send(response, reply),
      (error: unknown) => {
        const status = error instanceof Refusal ? error.status : 500
        const text = error instanceof Error ? error.message : String(error)
        if (status === 500) log.error(`${request.method} ${url}: ${text}`)
        send(response, { status, body: { error: text } })
      },
    )
  })
  // Longer than the 75 s that a gateway keeps an idle connection, so that it is never closed under a request.
  server.keepAliveTimeout = 90_000

  const stop = () => {
    if (stopping) return
    stopping = true
    log.line('stops')
    const sweep = setInterval(() => server.closeIdleConnections(), 25)
    server.close(() => {
      clearInterval(sweep)
      options.chaos.close()
      options.onStopped()
      process.exit(0)
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)

  const host = options.environment['HOST'] ?? '127.0.0.1'
  const port = Number(options.environment['PORT'] ?? 0)
  server.on('error', (error) => {
    log.line(`cannot listen on ${host}:${port}: ${error.message}`)
    process.exit(1)
  })
  server.listen(port, host, () => {
    const address = server.address()
    log.line(`listens on ${host}:${typeof address === 'object' ? address?.port : port}${options.prefix}`)
  })
}

async function answer(request: IncomingMessage, url: string, options: ServeOptions): Promise<Reply> {
  const queryAt = url.indexOf('?')
  const whole = queryAt < 0 ? url : url.slice(0, queryAt)
  const path = whole.slice(options.prefix.length).replace(/\/$/, '')
  if (!whole.startsWith(options.prefix) || (path !== '' && !path.startsWith('/'))) {
    throw new Refusal(404, `nothing at ${whole}; this service answers ${options.prefix}`)
  }
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
  const body = method === 'GET' ? {} : await readBody(request)
  if (method === 'POST' && path === '/chaos') return setChaos(options.chaos, body)
  await new Promise((resolve) => setTimeout(resolve, drawPauseMs()))
  if (Math.random() < ownErrors) throw new Error('a fault of its own (1 in 1,000)')
  if (Math.random() < options.chaos.errors()) throw new Error('chaos that was asked for')
  const query = new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1))
  return options.handle({ method, path, query, headers: request.headers, body })
}

function setChaos(chaos: Chaos, body: Readonly<Record<string, unknown>>): Reply {
  const errors = body['errors']
  const seconds = body['seconds']
  if (typeof errors !== 'number' || !(errors >= 0 && errors <= 1)) {
    throw new Refusal(400, `errors is ${JSON.stringify(errors)}; allowed is a fraction from 0 to 1`)
  }
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= 3600)) {
    throw new Refusal(400, `seconds is ${JSON.stringify(seconds)}; allowed is a number from 0 to 3600`)
  }
  chaos.set(errors, seconds)
  return { status: 200, body: { errors, seconds } }
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new Refusal(413, `the body is over ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text === '') return {}
  // curl calls JSON a form too, unless it is told otherwise.
  if (!text.startsWith('{') && request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text))
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Answered below, as every other body that is not an object.
  }
  throw new Refusal(400, 'the body is not a JSON object')
}

function send(response: ServerResponse, reply: Reply): void {
  const { status, body } = reply
  const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8'
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  // As a text it leaves in one write together with the head.
  response.end(text)
}

function openLog(environment: NodeJS.ProcessEnv) {
  const who = `${environment['COFFERDAM_SERVICE'] ?? 'service'} host=${environment['COFFERDAM_HOST'] ?? '-'}`
  const line = (text: string) => console.log(`${new Date().toISOString()} ${who} ${text}`)
  let second = 0
  let lines = 0
  // A build that fails every request must not fill the disk.
  const error = (text: string) => {
    const now = Math.floor(Date.now() / 1000)
    if (now !== second) {
      if (lines > maxErrorLinesPerSecond) line(`error: ${lines - maxErrorLinesPerSecond} more of that second`)
      second = now
      lines = 0
    }
    lines += 1
    if (lines <= maxErrorLinesPerSecond) line(`error: ${text}`)
  }
  return { line, error }
}
