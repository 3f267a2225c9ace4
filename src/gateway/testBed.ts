import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Door, RouteTable, TableHost, TableLayer, TableService } from '../domain/routing/table.ts'
import type { Applied } from './controlledGateway.ts'
import { Gateway } from './gateway.ts'
import { defaultLimits, type GatewayLimits } from './limits.ts'

/** A real HTTP server that stands for an instance in tests. */
export interface TestHost {
  readonly server: Server
  readonly port: number
  readonly close: () => Promise<void>
}

export async function startHost(listener: RequestListener, port = 0): Promise<TestHost> {
  const server = createServer((incoming, response) => {
    if (incoming.url === '/healthz') response.end('ok')
    else listener(incoming, response)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { server, port: (server.address() as AddressInfo).port, close }
}

export async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

export function layerOf(
  name: string,
  who: TableLayer['who'],
  ports: readonly number[],
  more: Partial<TableLayer> = {},
): TableLayer {
  const prefix = name === 'stable' ? '' : `${name}-`
  const hosts: TableHost[] = ports.map((port, at) => ({
    id: `${prefix}${at + 1}`,
    address: `127.0.0.1:${port}`,
    instance: `${name}-${port}`,
  }))
  return { name, who, build: { name: `${name}-build`, digest: 'sha256:1' }, hosts, ...more }
}

export function serviceOf(name: string, path: string, layers: readonly TableLayer[], pages = false): TableService {
  return { name, pages, routes: [{ path }], healthPath: '/healthz', layers }
}

/** A gateway in this process, in a folder of its own, with one front and one back door. */
export class TestBed {
  readonly dir = mkdtempSync(join(tmpdir(), 'gateway-test-'))
  readonly gateway: Gateway
  readonly front: number
  readonly back: number
  /** What the front door is beside what it always is, from the next table on. */
  frontDoor: Partial<Door> = {}
  /** What the gateway said. */
  readonly said: { readonly text: string; readonly fields: Readonly<Record<string, unknown>> }[] = []
  private readonly hosts: TestHost[] = []
  private generation = 0

  private constructor(front: number, back: number, limits: Partial<GatewayLimits>) {
    this.front = front
    this.back = back
    const report = (text: string, fields: Readonly<Record<string, unknown>>) => void this.said.push({ text, fields })
    this.gateway = new Gateway(this.dir, 'g1', { ...defaultLimits, stopMs: 500, ...limits }, report)
  }

  static async start(limits: Partial<GatewayLimits> = {}): Promise<TestBed> {
    const bed = new TestBed(await freePort(), await freePort(), limits)
    await bed.gateway.start()
    return bed
  }

  async host(listener: RequestListener, port = 0): Promise<TestHost> {
    const host = await startHost(listener, port)
    this.hosts.push(host)
    return host
  }

  tableOf(services: readonly TableService[], generation: number): RouteTable {
    return {
      schema: 'cofferdam.table/1',
      generation,
      environments: [
        {
          name: 'production',
          doors: [
            {
              id: 'production/front',
              kind: 'front',
              port: this.front,
              servedBy: 'always',
              strict: false,
              ...this.frontDoor,
            },
            {
              id: 'production/back/caller',
              kind: 'back',
              port: this.back,
              caller: 'caller',
              servedBy: 'always',
              strict: false,
            },
          ],
          services,
        },
      ],
    }
  }

  async apply(services: readonly TableService[]): Promise<Applied> {
    this.generation += 1
    return await this.put(this.tableOf(services, this.generation))
  }

  async put(table: unknown): Promise<Applied> {
    return await this.gateway.apply(Buffer.from(JSON.stringify(table)))
  }

  async stop(): Promise<void> {
    await this.gateway.stop(500)
    await Promise.all(this.hosts.map(async (host) => await host.close()))
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export interface TestAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface TestRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** One request on a connection of its own. Rejects when the answer is not whole. */
export async function ask(port: number, path: string, options: TestRequest = {}): Promise<TestAnswer> {
  return await new Promise<TestAnswer>((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** Sends bytes and returns all that came back until the other side closed, or `waitMs` after the last byte. */
export async function exchangeBytes(
  port: number,
  bytes: string,
  waitMs = 400,
): Promise<{ readonly text: string; readonly closed: boolean }> {
  return await new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    const done = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, closed })
    }
    let timer = setTimeout(() => done(false), waitMs * 3)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      clearTimeout(timer)
      timer = setTimeout(() => done(false), waitMs)
    })
    socket.on('close', () => done(true))
    socket.on('error', () => undefined)
    socket.write(bytes, 'latin1')
  })
}

/** Waits for a state, for at most `ms`. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> {
  const endAtMs = performance.now() + ms
  while (!(await isSo())) {
    if (performance.now() > endAtMs) throw new Error(`waited ${ms} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
