import cluster from 'node:cluster'
import type { Increments } from './increments.ts'
import type { ToPrimary } from './messages.ts'
import { WorkerLink } from './workerLink.ts'

export interface CrewOptions {
  readonly workers: number
  /** The file that a worker runs, and its arguments. */
  readonly entry: string
  readonly args: readonly string[]
  readonly report: (text: string, fields: Readonly<Record<string, unknown>>) => void
  /** A worker has a place, and no table yet. */
  readonly onStarted: (link: WorkerLink) => void
  readonly onIncrements: (link: WorkerLink, increments: Increments) => void
}

const firstBackOffMs = 100
const longestBackOffMs = 5_000
/** A worker that lived so long starts its back-off anew. */
const healthyAfterMs = 10_000
const startWithinMs = 15_000
/** One that hangs while it leaves would stay. */
const leaveWithinMs = 10_000
/** On top of what a worker was given for its last requests. */
const endWithinMs = 300

/**
 * Keeps a fixed number of workers running: whoever ends is replaced, at once if it lived for a while. One more, the spare,
 * has loaded everything and waits, so that a replacement does not wait for the start of a process.
 */
export class Crew {
  /** Ended and not by the crew's will, since the start; the spare apart. */
  replaced = 0
  private readonly options: CrewOptions
  private readonly links = new Set<WorkerLink>()
  /** Of each place in a row; the last is the spare's. */
  private readonly failures: number[]
  private readonly spareSlot: number
  private readonly timers = new Set<NodeJS.Timeout>()
  private isStopping = false
  private onEmpty: (() => void) | undefined

  constructor(options: CrewOptions) {
    this.options = options
    this.spareSlot = options.workers
    this.failures = Array.from({ length: options.workers + 1 }, () => 0)
  }

  /** Each accepts from the one queue of a door: no connection belongs to a worker that has not accepted it. */
  start(): void {
    const { entry, args, workers } = this.options
    cluster.schedulingPolicy = cluster.SCHED_NONE
    cluster.setupPrimary({ exec: entry, args: [...args], serialization: 'advanced' })
    for (let slot = 0; slot < workers; slot += 1) this.launch(slot)
  }

  /** Once the others serve: at the start they need the processor more. */
  startSpare(): void {
    if (!this.isStopping) this.launch(this.spareSlot)
  }

  /** Those that work by the table in force. */
  serving(): readonly WorkerLink[] {
    return [...this.links].filter((link) => link.state === 'serving')
  }

  /** The worker that has loaded everything and waits for a place. */
  readySpare(): WorkerLink | undefined {
    return this.spareThat('started')
  }

  private spareThat(is: WorkerLink['state']): WorkerLink | undefined {
    return [...this.links].find(({ slot, state }) => slot === this.spareSlot && state === is)
  }

  /** All that run, also the spare and those that start or leave. */
  all(): readonly WorkerLink[] {
    return [...this.links]
  }

  private launch(slot: number): void {
    const worker = cluster.fork()
    const link = new WorkerLink(slot, worker)
    this.links.add(link)
    const late = this.later(startWithinMs, () => {
      if (link.state === 'starting') this.end(link, `did not start within ${startWithinMs} ms`)
    })
    worker.on('message', (message: unknown) => this.take(link, message as ToPrimary))
    worker.on('error', (error) => {
      this.options.report('a worker cannot be started', { ...this.nameOf(link), error: error.message })
      if (link.pid === undefined) this.onEnd(link)
    })
    // It cannot be told anything any more, and nothing it counts would arrive.
    worker.on('disconnect', () => {
      if (link.state !== 'leaving') link.kill()
    })
    worker.once('exit', (code, signal) => {
      this.forget(late)
      if (!this.isStopping) this.options.report('a worker ended', { ...this.nameOf(link), code, signal })
      this.onEnd(link)
    })
  }

  private take(link: WorkerLink, message: ToPrimary): void {
    const rest = link.take(message)
    switch (rest?.kind) {
      case 'started':
        return this.onStarted(link)
      case 'increments':
        return this.options.onIncrements(link, rest.increments)
      case 'leaving':
        return this.onLeaving(link)
      case undefined:
    }
  }

  private onStarted(link: WorkerLink): void {
    if (link.state !== 'starting') return
    link.state = 'started'
    if (link.slot !== this.spareSlot) this.options.onStarted(link)
  }

  /** Its successor need not wait for its last requests. */
  private onLeaving(link: WorkerLink): void {
    if (link.state === 'leaving' || link.state === 'gone') return
    link.state = 'leaving'
    this.later(leaveWithinMs, () => link.kill())
    this.replace(link)
  }

  private onEnd(link: WorkerLink): void {
    if (!this.links.delete(link)) return
    const wasLeaving = link.state === 'leaving'
    link.end()
    if (!wasLeaving) this.replace(link)
    if (this.links.size === 0) this.onEmpty?.()
  }

  private replace({ slot, inPlaceSinceMs }: WorkerLink): void {
    if (this.isStopping) return
    if (slot !== this.spareSlot) this.replaced += 1
    // As the spare it did nothing that could show whether it can live.
    const failures = performance.now() - inPlaceSinceMs > healthyAfterMs ? 0 : this.failures[slot]! + 1
    this.failures[slot] = failures
    // The first may be bad luck; a second in a row begins to look like a worker that cannot live.
    if (failures <= 1) return this.fill(slot)
    this.later(Math.min(longestBackOffMs, firstBackOffMs * 2 ** (failures - 2)), () => this.fill(slot))
  }

  /** The spare takes the place, also while it starts: it is ahead of a new one. */
  private fill(slot: number): void {
    const spare = this.spareThat('started') ?? this.spareThat('starting')
    if (slot === this.spareSlot || spare === undefined) return this.launch(slot)
    spare.takePlace(slot)
    if (spare.state === 'started') this.options.onStarted(spare)
    this.launch(this.spareSlot)
  }

  /** Ends a worker that does not do what it must; it is replaced. */
  end(link: WorkerLink, why: string): void {
    if (link.state === 'gone') return
    this.options.report('a worker is killed', { ...this.nameOf(link), why })
    link.kill()
    this.onLeaving(link)
  }

  private nameOf({ slot, pid }: WorkerLink): Readonly<Record<string, unknown>> {
    return { slot: slot === this.spareSlot ? 'spare' : slot, pid }
  }

  private later(ms: number, then: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      then()
    }, ms)
    this.timers.add(timer)
    return timer
  }

  private forget(timer: NodeJS.Timeout): void {
    clearTimeout(timer)
    this.timers.delete(timer)
  }

  /** Lets requests in flight end, for `withinMs` at most. Nobody is left when it resolves. */
  async stop(withinMs: number): Promise<void> {
    this.isStopping = true
    for (const timer of this.timers) clearTimeout(timer)
    if (this.links.size === 0) return
    const empty = new Promise<void>((resolve) => (this.onEmpty = resolve))
    for (const link of this.links) link.order({ kind: 'stop', withinMs })
    const limit = setTimeout(() => this.links.forEach((link) => link.kill()), withinMs + endWithinMs)
    await empty
    clearTimeout(limit)
  }
}
