/** Somebody who waits for the first byte of an answer. */
export interface Waiting {
  /** Monotonic milliseconds since which nothing was sent to or came from the host. */
  waitingSinceMs: number
  onFirstByteTimeout(): void
}

const sweepMs = 250

/** Ends waits that take too long: one sweep over all of them is cheaper than a timer for each. */
export class FirstByteWatch {
  private readonly limitMs: number
  private readonly waiting = new Set<Waiting>()
  private timer: NodeJS.Timeout | undefined

  constructor(limitMs: number) {
    this.limitMs = limitMs
  }

  start(): void {
    this.timer = setInterval(() => this.sweep(performance.now()), sweepMs)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  add(one: Waiting): void {
    this.waiting.add(one)
  }

  remove(one: Waiting): void {
    this.waiting.delete(one)
  }

  private sweep(nowMs: number): void {
    for (const one of this.waiting) {
      if (nowMs - one.waitingSinceMs > this.limitMs) {
        this.waiting.delete(one)
        one.onFirstByteTimeout()
      }
    }
  }
}
