import { compileIndex } from '../domain/routing/compileIndex.ts'
import { readTable } from '../domain/routing/readTable.ts'
import type { RouteTable } from '../domain/routing/table.ts'
import { CellLog } from './cells.ts'
import { Counters } from './counters.ts'
import { Crowd, descriptorLimit } from './crowd.ts'
import type { DataPlane } from './dataPlane.ts'
import { Doors } from './doors.ts'
import { FirstByteWatch } from './firstByteWatch.ts'
import { Health } from './health.ts'
import type { GatewayLimits } from './limits.ts'
import { PortTaken } from './listener.ts'
import { renderMetrics } from './metrics.ts'
import { Pools } from './pools.ts'
import { RecentRequests } from './recentRequests.ts'
import { Repeats } from './repeats.ts'
import { ShareWatch } from './shareWatch.ts'
import { readTableFile, writeDurably } from './tableFile.ts'
import { Tallies } from './tallies.ts'
import { Tunnels } from './tunnels.ts'
import { TurnEnd } from './turnEnd.ts'

export type Applied =
  | { readonly kind: 'applied'; readonly generation: number; readonly appliedAt: string; readonly durableAt: string }
  | { readonly kind: 'stale'; readonly generation: number }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

const sweepMs = 100

/** The data plane of one process: the table in force and everything that works by it. */
export class Gateway {
  readonly id: string
  readonly plane: DataPlane
  readonly cells: CellLog
  readonly shares: ShareWatch
  readonly startedAt = new Date().toISOString()
  appliedAt: string | null = null
  /** The bytes of the table in force. */
  tableBytes: Buffer | undefined
  private readonly dir: string
  private readonly tallies = new Tallies()
  private readonly doors: Doors
  private queue: Promise<unknown> = Promise.resolve()
  private sweepTimer: NodeJS.Timeout | undefined
  private cutTimer: NodeJS.Timeout | undefined

  constructor(dir: string, id: string, limits: GatewayLimits) {
    this.dir = dir
    this.id = id
    const counters = new Counters()
    const pools = new Pools(limits, this.tallies)
    this.plane = {
      limits,
      counters,
      crowd: new Crowd(limits.maxDescriptors ?? descriptorLimit() ?? Infinity),
      pools,
      health: new Health(limits, () => pools.current()),
      repeats: new Repeats(limits.repeatMs, limits.maxRepeats),
      recent: new RecentRequests(),
      firstBytes: new FirstByteWatch(limits.firstByteMs),
      tunnels: new Tunnels(
        limits,
        () => pools.layers,
        (id) => this.plane.index.doors.has(id),
      ),
      turnEnd: new TurnEnd(),
      index: compileIndex({ schema: 'cofferdam.table/1', generation: 0, environments: [] }),
    }
    this.cells = new CellLog(limits.cellsKept, Date.now())
    this.shares = new ShareWatch(() => pools.layers, counters)
    this.doors = new Doors(this.plane)
  }

  /** Works by the last durable table, if there is one, until it is given a newer one. @returns what was wrong with it. */
  async start(): Promise<readonly string[]> {
    const { plane } = this
    plane.health.start()
    plane.firstBytes.start()
    plane.tunnels.start()
    this.sweepTimer = setInterval(() => this.shares.sweep(performance.now()), sweepMs)
    this.scheduleCut(performance.now() + this.plane.limits.cellMs)
    const loaded = this.queue.then(async () => await this.load())
    this.queue = loaded
    return await loaded
  }

  private async load(): Promise<readonly string[]> {
    try {
      const bytes = await readTableFile(this.dir)
      if (bytes === undefined) return []
      const read = parse(bytes)
      if (!read.ok) return read.problems.map((problem) => `table.json: ${problem}`)
      if (read.table.generation > this.generation) await this.swap(read.table, bytes)
      return []
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)]
    }
  }

  get generation(): number {
    return this.plane.index.generation
  }

  /** One after the other: checks a table, swaps it in, makes it durable. */
  async apply(bytes: Buffer): Promise<Applied> {
    const applied = this.queue.then(async () => await this.applyNow(bytes))
    this.queue = applied.catch(() => undefined)
    return await applied
  }

  private async applyNow(bytes: Buffer): Promise<Applied> {
    const read = parse(bytes)
    if (!read.ok) return { kind: 'invalid', problems: read.problems }
    const { table } = read
    if (table.generation <= this.generation) return { kind: 'stale', generation: this.generation }
    try {
      await this.swap(table, bytes)
    } catch (error) {
      if (error instanceof PortTaken) return { kind: 'invalid', problems: [error.message] }
      throw error
    }
    const appliedAt = this.appliedAt!
    await writeDurably(this.dir, 'table.json', bytes)
    return { kind: 'applied', generation: table.generation, appliedAt, durableAt: new Date().toISOString() }
  }

  /** Opens new doors, then changes everything in one turn, then closes doors that are gone. @throws PortTaken: nothing changed. */
  private async swap(table: RouteTable, bytes: Buffer): Promise<void> {
    const index = compileIndex(table)
    await this.doors.openFor(index)
    const nowMs = performance.now()
    this.plane.pools.swap(index, nowMs)
    this.plane.index = index
    this.doors.use(index)
    this.appliedAt = new Date().toISOString()
    this.tableBytes = bytes
    this.plane.health.refresh()
  }

  private scheduleCut(dueAtMs: number): void {
    const { cellMs } = this.plane.limits
    this.cutTimer = setTimeout(() => {
      const nowMs = performance.now()
      this.cells.cut(this.tallies.all(), Date.now())
      this.tallies.prune(this.plane.pools.talliesInUse(), nowMs)
      // After a standstill the next second begins now; it does not catch up with cuts of nothing.
      this.scheduleCut(Math.max(dueAtMs + cellMs, nowMs + cellMs / 2))
    }, dueAtMs - performance.now())
  }

  metrics(): string {
    return renderMetrics(this.tallies, this.plane.counters, this.generation)
  }

  /** Accepts nothing more and lets requests in flight end, for `withinMs` at most. */
  async stop(withinMs: number): Promise<void> {
    this.plane.tunnels.stop()
    await this.doors.closeAll(withinMs)
    this.plane.tunnels.close()
    this.plane.health.stop()
    this.plane.firstBytes.stop()
    clearInterval(this.sweepTimer)
    clearTimeout(this.cutTimer)
    this.plane.pools.close()
  }
}

function parse(bytes: Buffer): ReturnType<typeof readTable> {
  try {
    return readTable(JSON.parse(bytes.toString('utf8')))
  } catch (error) {
    return { ok: false, problems: [`not JSON: ${error instanceof Error ? error.message : String(error)}`] }
  }
}
