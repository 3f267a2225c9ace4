/** Somebody who waits for what another side sends. */
export interface Waiting {
  /** Monotonic milliseconds; whoever waits moves it on as the other side does its part. */
  waitingSinceMs: number
  onWaitedTooLong(): void
}

const sweepMs = 250

/** Ends waits that take too long: one sweep over all of them is cheaper than a timer for each. */
export class WaitWatch {
  private readonly limitMs: number
  private readonly waiting = new Set<Waiting>()
  private timer: NodeJS.Timeout | undefined
  private sweptAtMs = 0

  constructor(limitMs: number) {
    this.limitMs = limitMs
  }

  start(): void {
    this.sweptAtMs = performance.now()
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

  /** Public for its test. */
  sweep(nowMs: number): void {
    // The gateway itself stood still: bytes that came meanwhile are not read yet, and nobody is to blame.
    const lateMs = nowMs - this.sweptAtMs - sweepMs
    const stoodStillMs = lateMs > 4 * sweepMs ? lateMs : 0
    this.sweptAtMs = nowMs
    for (const one of this.waiting) {
      one.waitingSinceMs += stoodStillMs
      if (nowMs - one.waitingSinceMs > this.limitMs) {
        this.waiting.delete(one)
        one.onWaitedTooLong()
      }
    }
  }
}
