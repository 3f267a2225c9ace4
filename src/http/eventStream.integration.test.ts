import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEventFeed, type EventFeed } from './eventFeed.ts'
import { streamEvents } from './eventStream.ts'
import { createFakeEngine, type FakeEngine } from './fakeEngine.fixture.ts'

let fake: FakeEngine
let feed: EventFeed
let server: Server
let port: number
let reads: number

beforeEach(async () => {
  fake = createFakeEngine()
  reads = 0
  const events: typeof fake.engine.events = (after, limit) => {
    reads++
    return fake.engine.events(after, limit)
  }
  const engine = { ...fake.engine, events }
  feed = createEventFeed(engine, (error) => {
    throw error
  })
  server = createServer((request, response) => {
    streamEvents(feed, response, Number(request.headers['last-event-id'] ?? 0), { heartbeatMs: 20 })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterEach(() => {
  feed.close()
  server.closeAllConnections()
  server.close()
})

/** Reads ids from a stream until there are so many, then cuts it. */
async function readIds(count: number, after = 0, onIds?: (count: number) => void): Promise<readonly number[]> {
  const controller = new AbortController()
  const response = await fetch(`http://127.0.0.1:${port}`, {
    headers: { 'last-event-id': String(after) },
    signal: AbortSignal.any([controller.signal, AbortSignal.timeout(10_000)]),
  })
  const ids: number[] = []
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const id = /^id: (\d+)$/m.exec(block)?.[1]
      if (id !== undefined) ids.push(Number(id))
    }
    if (ids.length > 0) onIds?.(ids.length)
    if (ids.length >= count) break
  }
  controller.abort()
  return ids
}

const countConnections = (): Promise<number> =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

test('the past and what comes while it is read arrive once each, in order', async () => {
  for (const id of upTo(1, 1_200)) fake.emit(`e${id}`)
  const reading = readIds(1_500)
  for (const id of upTo(1_201, 1_500)) {
    fake.emit(`e${id}`)
    if (id % 10 === 0) await new Promise(setImmediate)
  }
  expect(await reading).toEqual(upTo(1, 1_500))
})

test('a cut stream goes on after the last event that was seen', async () => {
  for (const id of upTo(1, 10)) fake.emit(`e${id}`)
  const first = await readIds(4)
  const last = first[3] ?? 0
  for (const id of upTo(11, 20)) fake.emit(`e${id}`)
  expect([...first.slice(0, 4), ...(await readIds(20 - last, last))]).toEqual(upTo(1, 20))
})

test('many followers of what is new cost one reader', async () => {
  fake.emit('seen by all before')
  const seen = Array.from({ length: 20 }, () => Promise.withResolvers<void>())
  const readings = Promise.all(seen.map(({ resolve }) => readIds(2, 0, () => resolve())))
  await Promise.all(seen.map(({ promise }) => promise))
  reads = 0
  fake.emit('new')
  expect(await readings).toEqual(seen.map(() => [1, 2]))
  expect(reads).toBeLessThanOrEqual(2)
})

test('a quiet stream has heartbeats', async () => {
  const response = await fetch(`http://127.0.0.1:${port}`, { signal: AbortSignal.timeout(10_000) })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.split(': \n\n').length > 2) break
  }
  expect(text).toMatch(/^retry: 1000\n\n: \n\n: \n\n/)
})

test('a client that does not read is cut, and nobody else', async () => {
  const slow = connect(port, '127.0.0.1')
  slow.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await new Promise((resolve) => slow.once('readable', resolve))
  const closed = new Promise((resolve) => slow.once('close', resolve))
  let seen = 0
  const reading = readIds(120, 0, (count) => {
    seen = count
  })
  for (const id of upTo(1, 120)) {
    fake.emit('x'.repeat(100_000))
    // This reader is in our own process: it is given the time to be a fast one.
    while (seen < id - 2) await new Promise(setImmediate)
  }
  expect(await reading).toEqual(upTo(1, 120))
  await expect.poll(countConnections, { timeout: 10_000 }).toBe(0)
  slow.resume()
  await closed
})
