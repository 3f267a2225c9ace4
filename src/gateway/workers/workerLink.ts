import type { Worker as ClusterWorker } from 'node:cluster'
import type { Asked, Order, Question, Questions, ToPrimary, ToWorker } from './messages.ts'

/** The primary's end of the channel to one worker. */
export class WorkerLink {
  readonly id: number
  /** `started` once it has loaded everything, `joining` while it takes the table in force, `serving` once its doors are open, `leaving` when it accepts nothing more. */
  state: 'starting' | 'started' | 'joining' | 'serving' | 'leaving' | 'gone' = 'starting'
  /** The place that it holds. */
  slot: number
  /** Monotonic. */
  inPlaceSinceMs = performance.now()
  inFlight = 0
  /** Cuts since it was asked for its counts without an answer; undefined: it owes nothing. */
  cutsOwed: number | undefined
  private readonly worker: ClusterWorker
  private readonly pending = new Map<number, (answer: unknown) => void>()
  private nextNumber = 1

  constructor(slot: number, worker: ClusterWorker) {
    this.slot = slot
    this.worker = worker
    this.id = worker.id
  }

  get pid(): number | undefined {
    return this.worker.process.pid
  }

  takePlace(slot: number): void {
    this.slot = slot
    this.inPlaceSinceMs = performance.now()
  }

  /** @returns undefined when it did not answer within the time, could not answer, or ended. */
  async ask<Q extends Question>(
    question: Q,
    ask: Questions[Q]['ask'],
    withinMs: number,
  ): Promise<Questions[Q]['answer'] | undefined> {
    if (this.state === 'gone') return undefined
    const number = this.nextNumber
    this.nextNumber += 1
    const answer = await new Promise<unknown>((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.pending.set(number, (given) => {
        clearTimeout(timer)
        resolve(given)
      })
      this.send({ kind: 'asked', number, asked: { question, ask } as Asked })
    })
    this.pending.delete(number)
    return answer as Questions[Q]['answer'] | undefined
  }

  order(order: Order): void {
    if (this.state !== 'gone') this.send({ kind: 'order', order })
  }

  private send(message: ToWorker): void {
    // A channel that broke is followed by the worker's end, which is what counts.
    if (this.worker.isConnected()) this.worker.send(message, () => undefined)
  }

  /** Takes answers. @returns what is none. */
  take(message: ToPrimary): Exclude<ToPrimary, { kind: 'answer' | 'failed' }> | undefined {
    if (message.kind !== 'answer' && message.kind !== 'failed') return message
    this.pending.get(message.number)?.(message.kind === 'answer' ? message.answer : undefined)
    return undefined
  }

  end(): void {
    this.state = 'gone'
    for (const answer of this.pending.values()) answer(undefined)
    this.pending.clear()
  }

  /** By KILL: it hangs, and would not hear anything else. */
  kill(): void {
    this.worker.process.kill('SIGKILL')
  }
}
