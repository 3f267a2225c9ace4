import { compileIndex } from '../../domain/routing/compileIndex.ts'
import type { RouteTable } from '../../domain/routing/table.ts'
import { ControlledGateway } from '../controlledGateway.ts'
import { Counters } from '../counters.ts'
import type { Explained, ExplainQuestion } from '../explainRequest.ts'
import type { GatewayLimits } from '../limits.ts'
import { placeOf } from '../doors.ts'
import { renderMetrics } from '../metrics.ts'
import { seatLabels, type SeenHost } from '../pools.ts'
import { mergeRecent, type SeenFilter, type SeenRequest } from '../recentRequests.ts'
import { ShareWatch, type LayerName, type Renewal, type WatchedLayer } from '../shareWatch.ts'
import type { Tally } from '../tally.ts'
import { certificateMetrics } from '../tls/certificateMetrics.ts'
import { Certificates, type SeenCertificate } from '../tls/certificates.ts'
import { CallOwners } from './callOwners.ts'
import { Crew, type CrewOptions } from './crew.ts'
import { countIncrements, type Handover } from './countIncrements.ts'
import { findTakenPorts } from './findTakenPorts.ts'
import { mergePools } from './mergePools.ts'
import type { Order, Question, Questions } from './messages.ts'
import type { WorkerLink } from './workerLink.ts'

/** A worker that has not swapped by then is killed, so that an applied table is in force everywhere. */
const swapMs = 3_000
/** For what is only looked at: whoever does not answer is left out. */
const lookMs = 1_500
/** A cut waits for the counts of the workers; those that come later are in the next cell. */
const collectMs = 250
/** A worker that handed over nothing for so many cuts hangs. Counted, not timed: this process may stand still as well. */
const maxCutsOwed = 10
const allStartWithinMs = 10_000
const sweepMs = 100

export type WorkerProcess = Pick<CrewOptions, 'workers' | 'entry' | 'args' | 'report'>

/**
 * A gateway whose doors are served by workers. This process, their primary, holds the table, the watch of shares, the
 * cells and the sockets for the control plane; it is on the way of no request.
 */
export class CrewedGateway extends ControlledGateway {
  readonly workers: number
  private readonly crew: Crew
  private readonly counters = new Counters()
  private readonly owners: CallOwners
  private readonly shares: ShareWatch
  private layers: readonly WatchedLayer[] = []
  private talliesInUse: ReadonlySet<Tally> = new Set()
  private inForce: { readonly bytes: Buffer; readonly generation: number } | undefined
  /** Port → address. */
  private openPorts: ReadonlyMap<number, string> = new Map()
  /** Read here as well, so that one process tells of them. */
  private readonly doorCertificates: Certificates
  /** Swaps and the joining of new workers, one after the other. */
  private turns: Promise<unknown> = Promise.resolve()
  private handovers: Handover[] = []
  private collecting: Promise<void> | undefined
  private wake: (() => void)[] = []
  private sweepTimer: NodeJS.Timeout | undefined

  constructor(dir: string, id: string, limits: GatewayLimits, options: WorkerProcess) {
    super(dir, id, limits)
    this.workers = options.workers
    this.owners = new CallOwners(limits.repeatMs, limits.maxRepeats)
    this.shares = new ShareWatch(() => this.layers, this.counters)
    this.doorCertificates = new Certificates(limits.certificatePollMs, options.report)
    this.crew = new Crew({
      ...options,
      onStarted: (link) => void this.inTurn(async () => await this.join(link)),
      onIncrements: (link, increments) => {
        link.cutsOwed = undefined
        link.inFlight = increments.inFlight
        this.handovers.push({ worker: link.id, increments })
        this.wakeAll()
      },
    })
  }

  workerPids(): readonly number[] {
    return this.crew.serving().flatMap((link) => link.pid ?? [])
  }

  sparePid(): number | undefined {
    return this.crew.readySpare()?.pid
  }

  protected async open(): Promise<void> {
    this.sweepTimer = setInterval(() => this.sweep(), sweepMs)
    this.doorCertificates.start()
    this.crew.start()
    await this.until(() => this.crew.serving().length === this.workers, allStartWithinMs)
    // Without any there is nothing to do but to wait for one.
    await this.until(() => this.crew.serving().length > 0, Infinity)
    this.crew.startSpare()
  }

  /** Resolves when it is so, or when `ms` have passed; asked whenever something happened to a worker. */
  private async until(isSo: () => boolean, ms: number): Promise<void> {
    const endAtMs = performance.now() + ms
    while (!isSo() && performance.now() < endAtMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(1_000, endAtMs - performance.now()))
        this.wake.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  private wakeAll(): void {
    const { wake } = this
    this.wake = []
    for (const one of wake) one()
  }

  private async inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.turns.then(act)
    this.turns = done.catch(() => undefined)
    return await done
  }

  /** Asks all of them at once; one that does not answer is killed. */
  private async demand<Q extends Question>(
    links: readonly WorkerLink[],
    question: Q,
    ask: Questions[Q]['ask'],
  ): Promise<readonly { readonly link: WorkerLink; readonly answer: Questions[Q]['answer'] }[]> {
    const asked = links.map(async (link) => {
      const answer = await link.ask(question, ask, swapMs)
      if (answer === undefined) this.crew.end(link, `no answer to ${question} within ${swapMs} ms`)
      return answer === undefined ? [] : [{ link, answer }]
    })
    return (await Promise.all(asked)).flat()
  }

  /** A new worker works by the table in force before it opens a door. */
  private async join(link: WorkerLink): Promise<void> {
    const { inForce } = this
    if (link.state !== 'started') return
    // From now on it is told what happens to watches; messages keep their order.
    link.state = 'joining'
    if (inForce !== undefined && (await this.begin([link], inForce.bytes)).length > 0) return
    markServing(link)
    this.wakeAll()
  }

  /** The first table of workers. @returns what is wrong with it; those that say so are ended. */
  private async begin(links: readonly WorkerLink[], bytes: Buffer): Promise<readonly string[]> {
    const watches = this.shares.ages(performance.now())
    const begun = await this.demand(links, 'join', { bytes, watches })
    return begun.flatMap(({ link, answer: { problems } }) => {
      if (problems.length > 0) this.crew.end(link, problems.join('; '))
      return problems
    })
  }

  protected async swap(table: RouteTable, bytes: Buffer): Promise<readonly string[]> {
    await this.until(() => this.crew.serving().length > 0, swapMs)
    return await this.inTurn(async () => await this.swapNow(table, bytes))
  }

  private async swapNow(table: RouteTable, bytes: Buffer): Promise<readonly string[]> {
    const serving = this.crew.serving()
    if (serving.length === 0) throw new Error(`none of the ${this.workers} workers of gateway "${this.id}" runs`)
    const index = compileIndex(table)
    const places = [...index.doors.values()].map(({ door }) => placeOf(door))
    const closed = places.filter(({ port, address }) => this.openPorts.get(port) !== address)
    const moved = closed.flatMap(({ port }) => (this.openPorts.has(port) ? [port] : []))
    // All of them first: the last one that listens keeps the port from being opened anew.
    if (moved.length > 0) await this.demand(serving, 'release', { ports: moved })
    const taken = await findTakenPorts(closed)
    if (taken.length > 0) {
      if (moved.length > 0) for (const link of serving) link.order({ kind: 'abandon' })
      return taken
    }
    const problems = this.inForce === undefined ? await this.begin(serving, bytes) : await this.prepare(serving, bytes)
    if (problems.length > 0) return [...new Set(problems)]
    const isFirst = this.inForce === undefined
    const renewedAtMs = performance.now()
    this.layers = index.layers.map((layer) => ({ layer, isUnwatched: false, renewedAtMs }))
    const seats = index.layers.flatMap((layer) => layer.layer.hosts.map((host) => seatLabels(layer, host.id)))
    this.talliesInUse = new Set(seats.map((labels) => this.tallies.of(labels, renewedAtMs)))
    this.inForce = { bytes, generation: table.generation }
    this.openPorts = new Map(places.map(({ port, address }) => [port, address]))
    await this.doorCertificates.prepare(index)
    this.doorCertificates.use(index)
    if (!isFirst) await this.demand(this.crew.serving(), 'commit', { generation: table.generation })
    return []
  }

  private async prepare(links: readonly WorkerLink[], bytes: Buffer): Promise<readonly string[]> {
    const prepared = await this.demand(links, 'prepare', { bytes })
    const problems = prepared.flatMap(({ answer }) => answer.problems)
    if (problems.length > 0) for (const { link } of prepared) link.order({ kind: 'abandon' })
    return problems
  }

  private tell(order: Order): void {
    for (const link of this.crew.all()) if (link.state === 'serving' || link.state === 'joining') link.order(order)
  }

  private sweep(): void {
    this.sendHome(this.shares.sweep(performance.now()))
  }

  /** A share is home everywhere or nowhere, whoever noticed first. */
  private sendHome(layers: readonly LayerName[]): void {
    if (layers.length > 0) this.tell({ kind: 'unwatched', generation: this.inForce?.generation ?? 0, layers })
  }

  renew(names: readonly LayerName[]): Renewal {
    this.sweep()
    const renewal = this.shares.renew(names, performance.now())
    this.tell({ kind: 'watched', generation: this.inForce?.generation ?? 0, layers: names })
    return renewal
  }

  unwatched(): LayerName[] {
    return this.shares.unwatched()
  }

  private async look<Q extends Question>(
    question: Q,
    ask: Questions[Q]['ask'],
  ): Promise<readonly Questions[Q]['answer'][]> {
    const links = this.crew.all().filter((link) => link.state === 'serving' || link.state === 'leaving')
    const answers = await Promise.all(links.map(async (link) => await link.ask(question, ask, lookMs)))
    return answers.filter((answer) => answer !== undefined)
  }

  async pools(): Promise<readonly SeenHost[]> {
    return mergePools(await this.look('pools', null))
  }

  async requests(filter: SeenFilter): Promise<readonly SeenRequest[]> {
    return mergeRecent(await this.look('requests', filter)).slice(0, filter.limit)
  }

  async explain(question: ExplainQuestion): Promise<Explained> {
    for (const link of this.crew.serving()) {
      const explained = await link.ask('explain', question, lookMs)
      if (explained !== undefined) return explained
    }
    return { ok: false, problem: `none of the ${this.workers} workers of gateway "${this.id}" answers` }
  }

  protected async collect(): Promise<void> {
    for (const link of this.crew.all()) {
      if (link.cutsOwed === undefined) continue
      link.cutsOwed += 1
      if (link.cutsOwed > maxCutsOwed) this.crew.end(link, `handed over nothing for ${maxCutsOwed} seconds`)
    }
    await this.bringIn()
  }

  /** One collection at a time: whoever comes meanwhile has the same. */
  private async bringIn(): Promise<void> {
    this.collecting ??= this.bringInNow().finally(() => (this.collecting = undefined))
    await this.collecting
  }

  private async bringInNow(): Promise<void> {
    // Also the spare, so that one that hangs is noticed before it is needed.
    const asked = this.crew.all().filter(({ state, cutsOwed }) => {
      return (state === 'serving' || state === 'started') && cutsOwed === undefined
    })
    for (const link of asked) {
      link.cutsOwed = 0
      link.order({ kind: 'collect' })
    }
    await this.until(() => asked.every((link) => link.cutsOwed === undefined || link.state === 'gone'), collectMs)
    const handovers = this.handovers
    this.handovers = []
    countIncrements(handovers, this.tallies, this.counters, this.owners)
    for (const { increments } of handovers) {
      if (increments.generation === this.inForce?.generation) this.sendHome(this.shares.latch(increments.unwatched))
    }
  }

  protected prune(nowMs: number): void {
    this.tallies.prune(this.talliesInUse, nowMs)
  }

  certificates(): readonly SeenCertificate[] {
    return this.doorCertificates.list()
  }

  async metrics(): Promise<string> {
    await this.bringIn()
    const links = this.crew.all()
    this.counters.inFlight = links.reduce((sum, link) => sum + link.inFlight, 0)
    this.counters.workers = this.crew.serving().length
    this.counters.workersReplaced = this.crew.replaced
    return renderMetrics(this.tallies, this.counters, this.generation) + certificateMetrics(this.doorCertificates)
  }

  protected async close(withinMs: number): Promise<void> {
    await this.crew.stop(withinMs)
    clearInterval(this.sweepTimer)
    this.doorCertificates.stop()
  }
}

/** Unless it ended or began to leave meanwhile. */
function markServing(link: WorkerLink): void {
  if (link.state === 'joining') link.state = 'serving'
}
