import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const main = new URL('./main.ts', import.meta.url).pathname
const plan = `
load:
  users: { names: 100, notAscii: 0.1 }
  languages: { en: 1 }
  userAgents: [browser]
  writes: 0.5
  visit: [[{ read: GET /cart, write: POST /cart, body: { user: "{user}" } }]]
`
let folder: string
let server: Server
let asked: IncomingMessage[]
let children: ChildProcess[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'load-'))
  writeFileSync(join(folder, 'plan.yaml'), plan)
  asked = []
  children = []
  server = createServer((request, response) => {
    asked.push(request)
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

function startLoad(rate: string, environment: NodeJS.ProcessEnv = {}, front?: string) {
  const origin = front ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const args = [main, '--front', origin, '--rate', rate, '--plan', join(folder, 'plan.yaml')]
  const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  children.push(child)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return { child, closed: once(child, 'close'), output: () => output }
}

test('asks in an open loop until SIGTERM, and says what came back', async () => {
  const load = startLoad('200')
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(50), 10_000)
  load.child.kill('SIGTERM')
  expect(await load.closed).toEqual([0, null])
  const line: unknown = JSON.parse(load.output())
  expect(line).toMatchObject({ visitsPerSecond: 200, '5xx': 0, broken: 0, dropped: 0 })
  expect(new Set(asked.map((request) => request.method))).toEqual(new Set(['GET', 'POST']))
  expect(asked.every((request) => request.headers['cookie'] === undefined)).toBe(true)
  expect(asked.some((request) => /%[89A-F]/.test(String(request.headers['x-user'])))).toBe(true)
})

test('at rate 0 nothing is asked, and it ends at once', async () => {
  const load = startLoad('0')
  expect(await load.closed).toEqual([0, null])
  expect(asked).toEqual([])
})

test('ends when the lifeline is cut, and only then', async () => {
  const load = startLoad('200', { COFFERDAM_LIFELINE: '1' })
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(50), 10_000)
  expect(load.child.exitCode).toBeNull()
  const pipe = load.child.stdio[3]
  if (pipe && 'destroy' in pipe) pipe.destroy()
  expect(await load.closed).toEqual([0, null])
})

test('an unanswered request is a time-out after 3 s and is not repeated', async () => {
  let requests = 0
  let cut = 0
  const silent = createServer((request) => {
    requests += 1
    request.socket.once('close', () => (cut += 1))
  })
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const load = startLoad('5', {}, `http://127.0.0.1:${(silent.address() as AddressInfo).port}`)
  await vi.waitFor(() => expect(cut).toBeGreaterThanOrEqual(3), 15_000)
  load.child.kill('SIGTERM')
  await load.closed
  silent.closeAllConnections()
  silent.close()
  const line = JSON.parse(load.output()) as Record<string, number>
  expect(line['timeout']).toBeGreaterThanOrEqual(3)
  expect(line['p50Ms']).toBeGreaterThanOrEqual(2990)
  expect(line['2xx']).toBe(0)
  expect(requests).toBeLessThanOrEqual(line['visits'] ?? 0)
})

test('a wrong argument ends with 2 and says what is allowed', async () => {
  const load = startLoad('many')
  expect(await load.closed).toEqual([2, null])
  expect(load.output()).toContain('--rate is many; allowed is a number from 0 to 100000')
})
