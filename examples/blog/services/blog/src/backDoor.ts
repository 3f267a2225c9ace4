import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'

export interface BackDoor {
  /** The JSON that the other service answered with 2xx; undefined when it did not: that part is then left out. */
  readonly get: (path: string, from: IncomingHttpHeaders) => Promise<unknown>
  readonly post: (path: string, body: unknown, from: IncomingHttpHeaders) => Promise<unknown>
  readonly close: () => void
}

const carriedOn = [
  'x-request-id',
  'baggage',
  'traceparent',
  'x-user',
  'accept-language',
  'x-cofferdam-key',
  'x-cofferdam-tenancy',
]
const maxAnswerBytes = 1_000_000

/** The way to other services. Without `COFFERDAM_BACK_DOOR` nobody is there, and every part is left out. */
export function openBackDoor(environment: NodeJS.ProcessEnv, timeoutMs: number): BackDoor {
  const origin = environment['COFFERDAM_BACK_DOOR']
  const agent = new Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 128 })

  function ask(method: string, path: string, from: IncomingHttpHeaders, body?: string): Promise<unknown> {
    if (origin === undefined) return Promise.resolve(undefined)
    const headers: OutgoingHttpHeaders = { accept: 'application/json' }
    for (const name of carriedOn) {
      const value = from[name]
      if (value !== undefined) headers[name] = value
    }
    if (body !== undefined) {
      headers['content-type'] = 'application/json'
      headers['content-length'] = Buffer.byteLength(body)
    }
    return new Promise((resolve) => {
      const leaveOut = () => resolve(undefined)
      const outgoing = request(origin + path, { method, headers, agent, timeout: timeoutMs }, (answer) => {
        const status = answer.statusCode ?? 0
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
          if (text.length > maxAnswerBytes) answer.destroy()
        })
        answer.on('end', () => resolve(status >= 200 && status <= 299 ? parse(text) : undefined))
        answer.on('close', leaveOut)
      })
      outgoing.on('timeout', () => outgoing.destroy())
      outgoing.on('error', leaveOut)
      outgoing.end(body)
    })
  }

  return {
    get: (path, from) => ask('GET', path, from),
    post: (path, body, from) => ask('POST', path, from, JSON.stringify(body)),
    close: () => agent.destroy(),
  }
}

/** Two of three requests need what other services know. */
export function needsOthers(): boolean {
  return Math.random() < 2 / 3
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
