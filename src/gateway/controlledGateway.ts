import type { RouteTable } from '../domain/routing/table.ts'
import { CellLog } from './cells.ts'
import type { Explained, ExplainQuestion } from './explainRequest.ts'
import type { GatewayLimits } from './limits.ts'
import type { SeenHost } from './pools.ts'
import type { SeenFilter, SeenRequest } from './recentRequests.ts'
import type { LayerName, Renewal } from './shareWatch.ts'
import { parseTable, readTableFile, writeDurably } from './tableFile.ts'
import { Tallies } from './tallies.ts'
import type { SeenCertificate } from './tls/certificates.ts'

export type Applied =
  | {
      readonly kind: 'applied'
      readonly generation: number
      readonly appliedAt: string
      /** Null: it is in force, and not on disk yet. */
      readonly durableAt: string | null
      /** Why it is not on disk. */
      readonly problem?: string
    }
  | { readonly kind: 'stale'; readonly generation: number }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

/** Told of what a person may want to know: a line for the log. */
export type GatewayReport = (text: string, fields: Readonly<Record<string, unknown>>) => void

/**
 * What the admin socket talks to: the table in force, fenced by its generation and kept on disk, and the cells. Whether
 * this process carries the requests or its workers do is left to the two kinds.
 */
export abstract class ControlledGateway {
  readonly id: string
  readonly cells: CellLog
  readonly startedAt = new Date().toISOString()
  appliedAt: string | null = null
  /** The bytes of the table in force. */
  tableBytes: Buffer | undefined
  /** Of the table in force; 0: there is none. */
  generation = 0
  protected readonly limits: GatewayLimits
  protected readonly tallies = new Tallies()
  private readonly dir: string
  /** Why the table in force is not on disk; tried again with each cut. */
  private notKept: string | undefined
  private queue: Promise<unknown> = Promise.resolve()
  private cutTimer: NodeJS.Timeout | undefined
  private isStopped = false

  constructor(dir: string, id: string, limits: GatewayLimits) {
    this.dir = dir
    this.id = id
    this.limits = limits
    this.cells = new CellLog(limits.cellsKept, Date.now())
  }

  /** How many processes serve the doors, when none is missing. */
  abstract readonly workers: number
  /** Pids of the processes that serve the doors now. */
  abstract workerPids(): readonly number[]
  /** Of the process that has loaded everything and waits for the place of one that ends; undefined: there is none now. */
  abstract sparePid(): number | undefined
  abstract renew(names: readonly LayerName[]): Renewal
  abstract unwatched(): LayerName[]
  abstract pools(): readonly SeenHost[] | Promise<readonly SeenHost[]>
  abstract requests(filter: SeenFilter): readonly SeenRequest[] | Promise<readonly SeenRequest[]>
  abstract explain(question: ExplainQuestion): Explained | Promise<Explained>
  /** Of the doors in force that speak TLS. */
  abstract certificates(): readonly SeenCertificate[]
  abstract metrics(): string | Promise<string>

  /** Gets ready to be given a table. */
  protected abstract open(): void | Promise<void>
  /** Works by this table from now on. @returns why it cannot; then nothing changed. */
  protected abstract swap(table: RouteTable, bytes: Buffer): Promise<readonly string[]>
  /** Brings in what was counted elsewhere and not handed over yet. */
  protected abstract collect(): void | Promise<void>
  /** Forgets the tallies of hosts that left long ago. @param nowMs monotonic. */
  protected abstract prune(nowMs: number): void
  protected abstract close(withinMs: number): Promise<void>

  /** Works by the last durable table, if there is one, until it is given a newer one. @returns what was wrong with it. */
  async start(): Promise<readonly string[]> {
    this.scheduleCut(performance.now() + this.limits.cellMs)
    const loaded = this.queue.then(async () => {
      await this.open()
      return await this.load()
    })
    this.queue = loaded.catch(() => undefined)
    return await loaded
  }

  /** Tries the table on disk once more, after whatever kept it from being used is gone. @returns as `start`. */
  async reload(): Promise<readonly string[]> {
    const loaded = this.queue.then(async () => await this.load())
    this.queue = loaded
    return await loaded
  }

  private async load(): Promise<readonly string[]> {
    try {
      const bytes = await readTableFile(this.dir)
      if (bytes === undefined) return []
      const read = parseTable(bytes)
      if (!read.ok) return read.problems.map((problem) => `table.json: ${problem}`)
      if (read.table.generation <= this.generation) return []
      return await this.swapIn(read.table, bytes)
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)]
    }
  }

  /** One after the other: checks a table, swaps it in, makes it durable. */
  async apply(bytes: Buffer): Promise<Applied> {
    const applied = this.queue.then(async () => await this.applyNow(bytes))
    this.queue = applied.catch(() => undefined)
    return await applied
  }

  private async applyNow(bytes: Buffer): Promise<Applied> {
    const read = parseTable(bytes)
    if (!read.ok) return { kind: 'invalid', problems: read.problems }
    const { table } = read
    if (table.generation <= this.generation) return { kind: 'stale', generation: this.generation }
    const problems = await this.swapIn(table, bytes)
    if (problems.length > 0) return { kind: 'invalid', problems }
    const applied = { kind: 'applied', generation: table.generation, appliedAt: this.appliedAt! } as const
    await this.keepTable()
    if (this.notKept !== undefined) return { ...applied, durableAt: null, problem: this.notKept }
    return { ...applied, durableAt: new Date().toISOString() }
  }

  /** Why a start would not begin with the table in force: it could not be written. */
  get tableProblem(): string | undefined {
    return this.notKept
  }

  /** A full disk must not take back a table that is in force: it stands between no decision and the users. */
  private async keepTable(): Promise<void> {
    if (this.tableBytes === undefined) return
    try {
      await writeDurably(this.dir, 'table.json', this.tableBytes)
      this.notKept = undefined
    } catch (error) {
      this.notKept = error instanceof Error ? error.message : String(error)
    }
  }

  private async swapIn(table: RouteTable, bytes: Buffer): Promise<readonly string[]> {
    const problems = await this.swap(table, bytes)
    if (problems.length > 0) return problems
    this.generation = table.generation
    this.appliedAt = new Date().toISOString()
    this.tableBytes = bytes
    return []
  }

  private scheduleCut(dueAtMs: number): void {
    if (this.isStopped) return
    this.cutTimer = setTimeout(() => void this.cut(dueAtMs), dueAtMs - performance.now())
  }

  private async cut(dueAtMs: number): Promise<void> {
    const { cellMs } = this.limits
    await this.collect()
    const nowMs = performance.now()
    this.cells.cut(this.tallies.all(), Date.now())
    this.prune(nowMs)
    if (this.notKept !== undefined) this.queue = this.queue.then(async () => await this.keepTable())
    // After a standstill the next second begins now; it does not catch up with cuts of nothing.
    this.scheduleCut(Math.max(dueAtMs + cellMs, nowMs + cellMs / 2))
  }

  /** Accepts nothing more and lets requests in flight end, for `withinMs` at most. */
  async stop(withinMs: number): Promise<void> {
    await this.close(withinMs)
    this.isStopped = true
    clearTimeout(this.cutTimer)
  }
}
