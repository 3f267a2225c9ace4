import { connect } from 'node:net'
import type { HostileAnswer } from '../../src/gateway/hostileAnswers.fixture.ts'
import type { HostileRequest } from '../../src/gateway/hostileRequests.fixture.ts'
import type { Origin } from './origin.ts'
import { readAnswers, type ReadAnswer } from './readAnswers.ts'

/** What a case did, aspect by aspect. An aspect that does not apply is left out. */
export type Observed = Readonly<Record<string, string>>

/** No first byte by then: it waits for more. */
const waitMs = 5_000
/** What comes after the answer. */
const afterMs = 3_000

const probe = 'GET /probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n'
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'http2-settings',
])

interface Talked {
  readonly text: string
  readonly end: 'waits' | 'closed' | 'open'
}

/** Sends bytes, reads one whole answer, asks once more on the same connection, and reads until it is closed. */
async function talk(port: number, bytes: string, method: string, isLast: boolean): Promise<Talked> {
  return await new Promise((resolve) => {
    let text = ''
    let isAsked = false
    const socket = connect(port, '127.0.0.1')
    const done = (end: Talked['end']): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, end })
    }
    let timer = setTimeout(() => done('waits'), waitMs)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      clearTimeout(timer)
      timer = setTimeout(() => done('open'), afterMs)
      const last = readAnswers(text, method).at(-1)
      if (isLast || isAsked || last === undefined || last.status < 200 || last.end !== 'whole') return
      isAsked = true
      socket.write(probe)
    })
    socket.on('close', () => done('closed'))
    socket.on('error', () => undefined)
    socket.write(bytes, 'latin1')
  })
}

/** Long texts by their length: what is compared is whether they are the same. */
function short(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 40)}… (${text.length} bytes)`
}

function namesOf(headers: ReadAnswer['headers']): string {
  return (
    headers
      // For its own connection each of them may say what it likes.
      .filter(([name, value]) => hopByHop.has(name) && !/^connection: (?:close|keep-alive)$/i.test(`${name}: ${value}`))
      .map(([name, value]) => `${name}: ${value}`)
      .toSorted()
      .join(', ')
  )
}

/** Sends the bytes of a client through a proxy. */
export async function observeRequest(port: number, origin: Origin, one: HostileRequest): Promise<Observed> {
  origin.begin()
  const { text, end } = await talk(port, one.bytes, one.bytes.split(' ', 1)[0]!, false)
  const answers = readAnswers(text)
  const isProbed = origin.seen.some(({ line }) => line.startsWith('GET /probe '))
  const final = answers.filter(({ status }) => status >= 200)
  // The last of them answers the probe.
  const own = isProbed ? final.slice(0, -1) : final
  const { reached } = origin
  const observed: Record<string, string> = {
    answer:
      own.length > 0 ? own.map(({ status }) => status).join(' ') : end === 'waits' ? 'waits' : 'closed in silence',
    reached: reached.length === 0 ? 'nothing' : reached.map(short).join(' + '),
    after: isProbed ? 'stays open' : end === 'closed' ? 'closed' : 'neither answers nor closes',
  }
  const seen = origin.seen.find(({ line }) => !line.startsWith('GET /probe ') && !line.startsWith('GET /healthz '))
  if (seen !== undefined) {
    observed['host'] = seen.headers
      .filter(([name]) => name === 'host')
      .map(([, value]) => value)
      .join(' and ')
    observed['framing'] = seen.framing === '' ? 'none' : seen.framing
    observed['body'] = short(seen.body)
    observed['hop-by-hop'] = namesOf(seen.headers)
  }
  origin.hangUp()
  return observed
}

/** Lets the origin answer a plain request with the bytes of a case. */
export async function observeAnswer(port: number, origin: Origin, one: HostileAnswer): Promise<Observed> {
  origin.begin({ bytes: one.bytes, thenClose: one.thenClose === true })
  const method = one.method ?? 'GET'
  const { text, end } = await talk(port, `${method} /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, method, true)
  const answers = readAnswers(text, method)
  const own = answers.findLast(({ status }) => status >= 200)
  const observed: Record<string, string> = {
    answer:
      answers.length > 0
        ? answers.map(({ status }) => status).join(' ')
        : end === 'waits'
          ? 'waits'
          : 'closed in silence',
  }
  if (own !== undefined && own.status < 500) {
    observed['end'] = own.end === 'open' && end === 'closed' ? 'by closing' : own.end
    observed['body'] = short(own.body)
    observed['trailers'] = own.trailers.join(', ')
    observed['hop-by-hop'] = namesOf(own.headers)
  }
  const next = await talk(port, 'GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'GET', true)
  observed['next client'] = readAnswers(next.text)
    .map(({ status, body }) => `${status} ${short(body)}`)
    .join(' ')
  origin.hangUp()
  return observed
}
