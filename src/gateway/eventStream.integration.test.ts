import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RawHost, talk } from './rawTalk.fixture.ts'
import { layerOf, serviceOf, TestBed, until } from './testBed.ts'

const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
const get = 'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n'
let bed: TestBed
let host: RawHost
let stream: Socket | undefined

beforeEach(async () => {
  // Far less than the stream stays silent: a first byte has come.
  bed = await TestBed.start({ firstByteMs: 2_000, healthTimeoutMs: 15_000, cellMs: 200 })
  stream = undefined
  host = await RawHost.start((asked, socket) => {
    if (!asked.endsWith('\r\n\r\n')) return
    stream = socket
    socket.write(head)
  })
  await bed.apply([serviceOf('news', '/', [layerOf('stable', { kind: 'everyone' }, [host.port])])])
})
afterEach(async () => {
  await bed.stop()
  await host.close()
})

async function counted(): Promise<{ requests: number; bad: number; aborted: number }> {
  const sum = { requests: 0, bad: 0, aborted: 0 }
  await bed.gateway.cells.nextCut(2_000)
  for (const cell of bed.gateway.cells.after(0).cells) {
    sum.requests += cell.requests
    sum.bad += cell.bad
    sum.aborted += cell.aborted
  }
  return sum
}

test('its head comes before its first event, and each event when it was sent', async () => {
  for (const port of [bed.front, bed.back]) {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.write(get)
    await until('the head is there', () => text.includes('\r\n\r\n'))
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    for (const event of ['one', 'two']) {
      stream!.write(`c\r\ndata: ${event}..\n\r\n`)
      await until('the event is there', () => text.includes(event))
    }
    socket.destroy()
    await until('nothing is in flight', () => bed.gateway.plane.counters.inFlight === 0)
  }
  // The client has left: the outcome is the head's, and the time is that to the head.
  expect(await counted()).toMatchObject({ requests: 2, bad: 0, aborted: 0 })
})

test('it may be silent for longer than a first byte may take', async () => {
  const startedAtMs = performance.now()
  let closed = false
  const socket = connect(bed.front, '127.0.0.1')
  socket.on('close', () => (closed = true))
  socket.on('data', () => undefined)
  socket.write(get)
  await until('it has been silent', () => performance.now() - startedAtMs > 3_000)
  expect(closed).toBe(false)
  socket.destroy()
})

test('one that its host cuts is seen as cut, and bad', async () => {
  const answer = talk(bed.front, get, () => false)
  await until('it streams', () => stream !== undefined)
  stream!.destroy()
  expect((await answer).text).not.toMatch(/0\r\n\r\n$/)
  expect(await counted()).toMatchObject({ requests: 1, bad: 1, aborted: 0 })
})

test('any other answer that its client leaves is aborted, and has no outcome', async () => {
  host.answerWith(head.replace('text/event-stream', 'text/plain'))
  await talk(bed.front, get, ({ text }) => text.includes('\r\n\r\n'))
  await until('nothing is in flight', () => bed.gateway.plane.counters.inFlight === 0)
  expect(await counted()).toMatchObject({ requests: 0, bad: 0, aborted: 1 })
})
