import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gatewayFlags } from '../../src/main/gatewayFlags.ts'

/**
 * What takes too long for the tests: large bodies and many idle connections, with the memory of a gateway of its own,
 * started as `up` starts it.
 * `node bench/gateway/soak.ts [--megabytes 100] [--idle 10000]`; exit code 1 when a floor is missed.
 */
const { values } = parseArgs({ options: { megabytes: { type: 'string' }, idle: { type: 'string' } } })
const bytes = Number(values.megabytes ?? '100') * 1024 * 1024
const wantedIdle = Number(values.idle ?? '10000')
const allowedMb = { body: 60, idle: 150 }

async function portOf(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()))
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  const port = await portOf(server)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

function residentMb(child: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? '0') / 1024
}

/** The most memory of the gateway while `work` runs. */
async function peakMb(child: ChildProcess, work: () => Promise<void>): Promise<number> {
  let peak = residentMb(child)
  const timer = setInterval(() => (peak = Math.max(peak, residentMb(child))), 20)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return Math.max(peak, residentMb(child))
}

/** Answers `GET` with `bytes` bytes and `POST` with how many came. */
function startOrigin(): Server {
  const chunk = Buffer.alloc(64 * 1024)
  return createServer((incoming, response) => {
    if (incoming.method === 'POST') {
      let received = 0
      incoming.on('data', (data: Buffer) => (received += data.length))
      incoming.on('end', () => response.end(String(received)))
    } else if (incoming.url === '/large') {
      let left = bytes
      const more = (): void => {
        while (left > 0) {
          const part = chunk.subarray(0, Math.min(chunk.length, left))
          left -= part.length
          if (!response.write(part)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    } else response.end('ok')
  })
}

async function download(port: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    let received = 0
    request({ port, path: '/large', agent: false }, (response) => {
      response.on('data', (data: Buffer) => (received += data.length))
      response.on('end', () => resolve(received))
      response.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
}

async function upload(port: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    const chunk = Buffer.alloc(64 * 1024)
    const headers = { 'content-length': String(bytes) }
    const asked = request({ port, path: '/', method: 'POST', headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('end', () => resolve(Number(text)))
    })
    asked.on('error', reject)
    let left = bytes
    const more = (): void => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(chunk.length, left))
        left -= part.length
        if (!asked.write(part)) return void asked.once('drain', more)
      }
      asked.end()
    }
    more()
  })
}

/** Connections that asked once and stay. */
async function holdIdle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let at = 0; at < count; at += 100) {
    const batch = Array.from({ length: Math.min(100, count - at) }, async () => {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await new Promise<void>((resolve, reject) => {
        socket.once('data', () => resolve())
        socket.once('close', () => reject(new Error('the gateway closed an idle connection')))
        socket.on('error', () => undefined)
      })
    })
    await Promise.all(batch)
  }
  return sockets
}

async function untilUp(port: number): Promise<void> {
  for (let i = 0; i < 150; i += 1) {
    const status = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the gateway does not answer')
}

function tableOf(front: number, origin: number): string {
  const hosts = [{ id: '1', address: `127.0.0.1:${origin}`, instance: 'i' }]
  const layers = [{ name: 'stable', who: { kind: 'everyone' }, build: { name: 'b', digest: 'sha256:b' }, hosts }]
  const services = [{ name: 'soak', pages: false, routes: [{ path: '/' }], healthPath: '/', layers }]
  const doors = [{ id: 'production/front', kind: 'front', port: front, servedBy: 'always', strict: false }]
  const environments = [{ name: 'production', doors, services }]
  return JSON.stringify({ schema: 'cofferdam.table/1', generation: 1, environments })
}

const dir = mkdtempSync(join(tmpdir(), 'soak-gateway-'))
const origin = startOrigin()
const front = await freePort()
writeFileSync(join(dir, 'table.json'), tableOf(front, await portOf(origin)))
const main = join(import.meta.dirname, '../../src/main/gateway.ts')
const child = spawn(process.execPath, [...gatewayFlags, main, '--dir', dir, '--id', 'soak'], { stdio: 'ignore' })
const missed: string[] = []

function say(what: string, aboveMb: number, allowed: number): void {
  process.stdout.write(`| ${what} | ${aboveMb.toFixed(0)} | ${allowed} |\n`)
  if (aboveMb > allowed) missed.push(what)
}

try {
  await untilUp(front)
  for (let i = 0; i < 200; i += 1) await fetch(`http://127.0.0.1:${front}/`).then(async (answer) => await answer.text())
  const emptyMb = residentMb(child)
  process.stdout.write(
    `An empty gateway has ${emptyMb.toFixed(0)} MB.\n\n| what | MB above it, at most | allowed |\n|---|---|---|\n`,
  )
  for (const [what, move] of [
    ['down', download],
    ['up', upload],
  ] as const) {
    const peak = await peakMb(child, async () => {
      const moved = await move(front)
      if (moved !== bytes) missed.push(`${moved} of ${bytes} bytes went ${what}`)
    })
    say(`${bytes / 1024 / 1024} MB ${what}`, peak - emptyMb, allowedMb.body)
  }
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024')
  // Three quarters of its descriptors are what a gateway gives to clients.
  const idle = Math.min(wantedIdle, Math.floor((limit - 32) * 0.7))
  if (idle < wantedIdle)
    process.stdout.write(`(${limit} descriptors here: ${idle} connections instead of ${wantedIdle})\n`)
  const sockets = await holdIdle(front, idle)
  // What opening them left behind is collected when the runtime has time for it.
  let heldMb = residentMb(child)
  for (let i = 0; i < 100 && heldMb - emptyMb > allowedMb.idle; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    heldMb = Math.min(heldMb, residentMb(child))
  }
  say(`${idle} idle connections`, heldMb - emptyMb, allowedMb.idle)
  for (const socket of sockets) socket.destroy()
} finally {
  child.kill('SIGTERM')
  origin.closeAllConnections()
  origin.close()
  await new Promise((resolve) => child.once('exit', resolve))
  rmSync(dir, { recursive: true, force: true })
}
for (const what of missed) process.stdout.write(`missed: ${what}\n`)
process.exitCode = missed.length === 0 ? 0 : 1
