import cluster from 'node:cluster'
import type { RouteIndex } from '../../domain/routing/routeIndex.ts'
import { explainRequest } from '../explainRequest.ts'
import type { GatewayLimits } from '../limits.ts'
import { PortTaken } from '../listener.ts'
import { Serving } from '../serving.ts'
import { parseTable } from '../tableFile.ts'
import { Tallies } from '../tallies.ts'
import { Certificates } from '../tls/certificates.ts'
import { CallLedger } from './callLedger.ts'
import { takeIncrements, type Increments } from './increments.ts'
import type { Asked, Order, Questions, ToPrimary, ToWorker } from './messages.ts'

/** How long the last handing over may take. */
const farewellMs = 500

/** Serves the doors by what its primary says, and ends with it. */
export class Worker {
  private readonly limits: GatewayLimits
  private readonly tallies = new Tallies()
  private readonly calls = new CallLedger()
  private readonly serving: Serving
  private prepared: RouteIndex | undefined
  private isStopping = false

  constructor(limits: GatewayLimits) {
    this.limits = limits
    // What becomes of certificates is told by the primary, once for all workers.
    const certificates = new Certificates(limits.certificatePollMs, () => undefined)
    this.serving = new Serving(limits, this.tallies, certificates, this.calls)
  }

  start(): void {
    this.serving.start()
    process.on('message', (message) => void this.take(message as ToWorker))
    // Emitted before Node's own listener, which would end the process at once: requests in flight have time to end.
    cluster.worker?.on('disconnect', () => {
      if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
      this.stop(this.limits.stopMs)
    })
    this.tell({ kind: 'started' })
  }

  /** Accepts nothing more, lets requests in flight end for `withinMs` at most, hands over, and ends the process. */
  stop(withinMs: number): void {
    if (this.isStopping) return
    this.isStopping = true
    setTimeout(() => process.exit(0), withinMs + farewellMs)
    this.tell({ kind: 'leaving' })
    void this.serving.stop(withinMs).then(() => {
      this.tell({ kind: 'increments', increments: this.increments() }, () => process.exit(0))
    })
  }

  private tell(message: ToPrimary, sent: () => void = () => undefined): void {
    // A primary that is gone is noticed by the end of the channel.
    if (process.connected) process.send?.(message, undefined, undefined, sent)
    else sent()
  }

  private async take(message: ToWorker): Promise<void> {
    if (message.kind === 'order') return this.obey(message.order)
    const { number, asked } = message
    try {
      this.tell({ kind: 'answer', number, answer: await this.answer(asked) })
    } catch (error) {
      this.tell({ kind: 'failed', number, why: error instanceof Error ? error.message : String(error) })
    }
  }

  private async answer(asked: Asked): Promise<Questions[keyof Questions]['answer']> {
    const { plane } = this.serving
    switch (asked.question) {
      case 'join':
        return { problems: await this.join(asked.ask) }
      case 'release':
        this.serving.release(asked.ask.ports)
        return { ports: asked.ask.ports }
      case 'prepare':
        return { problems: await this.prepare(asked.ask.bytes) }
      case 'commit':
        return this.commit(asked.ask)
      case 'pools':
        return plane.pools.list()
      case 'requests':
        return plane.recent.list(asked.ask)
      case 'explain':
        return explainRequest(plane, asked.ask)
    }
  }

  private async join({ bytes, watches }: Questions['join']['ask']): Promise<readonly string[]> {
    const read = parseTable(bytes)
    if (!read.ok) return read.problems
    return await problemsOf(async () => {
      const begun = this.serving.begin(read.table)
      // Before the first door is open: a new worker gives no share more time.
      this.serving.shares.restore(watches, performance.now())
      await begun
    })
  }

  private async prepare(bytes: Uint8Array): Promise<readonly string[]> {
    const read = parseTable(bytes)
    if (!read.ok) return read.problems
    const { generation } = this.serving.plane.index
    if (read.table.generation <= generation) return [`the table in force has generation ${generation}`]
    return await problemsOf(async () => {
      this.prepared = await this.serving.prepare(read.table)
    })
  }

  private commit({ generation }: Questions['commit']['ask']): Questions['commit']['answer'] {
    const { prepared } = this
    if (prepared?.generation !== generation) throw new Error(`generation ${generation} was not prepared`)
    this.prepared = undefined
    this.serving.use(prepared)
    return { generation }
  }

  private obey(order: Order): void {
    const { shares, plane } = this.serving
    switch (order.kind) {
      case 'abandon':
        this.prepared = undefined
        return this.serving.abandon()
      case 'watched':
        if (order.generation === plane.index.generation) shares.renew(order.layers, performance.now())
        return
      case 'unwatched':
        if (order.generation === plane.index.generation) shares.latch(order.layers)
        return
      case 'collect':
        return this.tell({ kind: 'increments', increments: this.increments() })
      case 'stop':
        return this.stop(order.withinMs)
    }
  }

  private increments(): Increments {
    const { plane, shares } = this.serving
    const counted = { counters: plane.counters, tallies: this.tallies.all(), calls: this.calls }
    const increments = takeIncrements(counted, { generation: plane.index.generation, unwatched: shares.unwatched() })
    this.serving.prune(performance.now())
    return increments
  }
}

async function problemsOf(open: () => Promise<void>): Promise<readonly string[]> {
  try {
    await open()
    return []
  } catch (error) {
    if (error instanceof PortTaken) return [error.message]
    throw error
  }
}
