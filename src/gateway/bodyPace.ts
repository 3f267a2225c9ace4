import type { GatewayLimits } from './limits.ts'
import type { Waiting, WaitWatch } from './waitWatch.ts'

/**
 * How fast a client sends the body of its request. Each byte buys it time; who sends fewer than the least rate, on average
 * and beyond the grace of the watch, is too slow. Time in which the gateway does not read, because the host does not, is
 * not the client's.
 */
export class BodyPace implements Waiting {
  waitingSinceMs = performance.now()
  private readonly watch: WaitWatch
  private readonly limits: GatewayLimits
  private readonly tooSlow: (text: string) => void
  private heldSinceMs: number | undefined

  /** @param tooSlow is told in words for the client, once. */
  constructor(watch: WaitWatch, limits: GatewayLimits, tooSlow: (text: string) => void) {
    this.watch = watch
    this.limits = limits
    this.tooSlow = tooSlow
    watch.add(this)
  }

  take(bytes: number): void {
    this.waitingSinceMs += (bytes * 1_000) / this.limits.bodyBytesPerSecond
  }

  /** The gateway reads no more for now. */
  hold(): void {
    this.heldSinceMs ??= performance.now()
    this.watch.remove(this)
  }

  goOn(): void {
    if (this.heldSinceMs === undefined) return
    this.waitingSinceMs += performance.now() - this.heldSinceMs
    this.heldSinceMs = undefined
    this.watch.add(this)
  }

  end(): void {
    this.heldSinceMs = undefined
    this.watch.remove(this)
  }

  onWaitedTooLong(): void {
    const { bodyBytesPerSecond, bodyGraceMs } = this.limits
    this.tooSlow(`the body came with fewer than ${bodyBytesPerSecond} bytes a second for more than ${bodyGraceMs} ms`)
  }
}
