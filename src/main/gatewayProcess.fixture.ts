import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTraffic } from '../adapters/gateway/traffic.ts'
import type { Door, RouteTable, TableService } from '../domain/routing/table.ts'
import type { Traffic } from '../engine/ports.ts'
import { ask, freePort, startHost, until, type TestHost } from '../gateway/testBed.ts'

/** Generous: tests run on machines that are busy with something else. */
export const startMs = 60_000

interface WorkersState {
  readonly pid: number
  readonly workerPids: readonly number[]
  readonly sparePid?: number
  readonly generation: number
}

/** A home with one gateway of several workers, in processes of its own. */
export class GatewayProcess {
  readonly home = mkdtempSync(join(tmpdir(), 'gateway-workers-'))
  readonly dir = join(this.home, 'gateways', 'g1')
  readonly traffic: Traffic = createTraffic(this.home)
  readonly front: number
  readonly back: number
  /** What the front door is beside what it always is, from the next table on. */
  frontDoor: Partial<Door> = {}
  output = ''
  generation = 0
  private readonly hosts: TestHost[] = []
  private readonly children: ChildProcess[] = []
  private seen = new Set<number>()

  private constructor(front: number, back: number) {
    this.front = front
    this.back = back
  }

  static async start(workers: number): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(await freePort(), await freePort())
    try {
      await gateway.launch(workers)
    } catch (error) {
      await gateway.end()
      throw error
    }
    return gateway
  }

  /** Starts a gateway process in the folder, and waits until all its workers serve by the last table. */
  async launch(workers: number): Promise<ChildProcess> {
    const args = ['src/main/gateway.ts', '--dir', this.dir, '--id', 'g1', '--workers', String(workers)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.children.push(child)
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    await until(
      'all workers serve',
      async () => {
        const state = await this.state().catch(() => undefined)
        if (state?.pid !== child.pid || state?.workerPids.length !== workers) return false
        return state.generation === this.generation
      },
      startMs,
    )
    return child
  }

  get child(): ChildProcess {
    return this.children.at(-1)!
  }

  async state(): Promise<WorkersState> {
    const state = (await this.traffic.state('g1')) as unknown as WorkersState
    for (const pid of childrenOf(state.pid)) this.seen.add(pid)
    return state
  }

  /** All processes of the gateway. */
  async pids(): Promise<readonly number[]> {
    const { pid } = await this.state()
    return [pid, ...childrenOf(pid)]
  }

  /** Who serves now. Cheaper than `state`, which also looks for processes. */
  async workersNow(): Promise<readonly number[]> {
    return ((await this.traffic.state('g1')) as unknown as WorkersState).workerPids
  }

  /** The worker that waits for a place, once there is one; other than `not`. */
  async spare(not?: number): Promise<number> {
    let spare: number | undefined
    const isNew = async (): Promise<boolean> => {
      spare = (await this.state()).sparePid
      return spare !== undefined && spare !== not
    }
    await until('there is a spare', isNew, startMs)
    return spare!
  }

  async host(listener: Parameters<typeof startHost>[0], port = 0): Promise<TestHost> {
    const host = await startHost(listener, port)
    this.hosts.push(host)
    return host
  }

  table(services: readonly TableService[], moreDoors: readonly Door[] = []): RouteTable {
    this.generation += 1
    const front = {
      id: 'production/front',
      kind: 'front',
      port: this.front,
      servedBy: 'always',
      strict: false,
    } as const
    const back = { ...front, id: 'production/back/caller', kind: 'back', port: this.back, caller: 'caller' } as const
    const doors = [{ ...front, ...this.frontDoor }, back, ...moreDoors]
    const environments = [{ name: 'production', doors, services }]
    return { schema: 'cofferdam.table/1', generation: this.generation, environments }
  }

  async apply(services: readonly TableService[]): Promise<void> {
    const answer = await this.traffic.put('g1', JSON.stringify(this.table(services)))
    if (!answer.applied) throw new Error(`the table was refused: ${answer.problems.join('; ')}`)
  }

  /** Requests in all cells so far, after the counts of everybody are in. */
  async counted(layer: string): Promise<{ readonly requests: number; readonly aborted: number }> {
    const first = await this.traffic.cells('g1', 0, 0)
    // The second that runs now, and the one after it: whatever came late is in that.
    const second = await this.traffic.cells('g1', first.next, 3_000)
    await this.traffic.cells('g1', second.next, 3_000)
    const cells = (await this.traffic.cells('g1', 0, 0)).cells.filter((cell) => cell.layer === layer)
    return {
      requests: cells.reduce((sum, cell) => sum + cell.requests, 0),
      aborted: cells.reduce((sum, cell) => sum + cell.aborted, 0),
    }
  }

  async metrics(): Promise<string> {
    const { port } = JSON.parse(readFileSync(join(this.dir, 'metrics.json'), 'utf8')) as { port: number }
    return (await ask(port, '/metrics')).text
  }

  /** Those of the workers, the spare among them, that are still there. */
  left(): readonly number[] {
    return [...this.seen].filter(isThere)
  }

  async end(): Promise<void> {
    for (const child of this.children) {
      for (const pid of childrenOf(child.pid ?? 0)) this.seen.add(pid)
      child.kill('SIGKILL')
    }
    for (const pid of this.left()) process.kill(pid, 'SIGKILL')
    await Promise.all(this.hosts.map(async (host) => await host.close()))
    rmSync(this.home, { recursive: true, force: true })
  }
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]
      return Number(parent) === pid ? [Number(name)] : []
    } catch {
      // It ended.
      return []
    }
  })
}

/** Whether a process exists; one that ended and waits for its parent does not. */
export function isThere(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function socketsOf(pid: number): ReadonlySet<string> {
  const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return []
    }
  })
  return new Set(inodes)
}

/** Which of the processes holds the TCP socket of this local port; undefined: none. */
export function ownerOf(pids: readonly number[], localPort: number): number | undefined {
  const local = localPort.toString(16).toUpperCase().padStart(4, '0')
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  const inode = rows
    .map((row) => row.trim().split(/\s+/))
    .find((row) => row[1]?.endsWith(`:${local}`) && row[3] === '01')?.[9]
  return inode === undefined ? undefined : pids.find((pid) => socketsOf(pid).has(inode))
}
