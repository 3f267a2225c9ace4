/**
 * How much of what only costs us one connection may do: streams that end before their answer, PING, SETTINGS. A bucket
 * that fills again with time.
 */
export class Patience {
  private readonly most: number
  private readonly perSecond: number
  private left: number
  private atMs: number

  /** @param nowMs monotonic. */
  constructor(most: number, perSecond: number, nowMs: number) {
    this.most = most
    this.perSecond = perSecond
    this.left = most
    this.atMs = nowMs
  }

  /** @returns whether there was some left. */
  spend(nowMs: number): boolean {
    this.left = Math.min(this.most, this.left + ((nowMs - this.atMs) / 1_000) * this.perSecond)
    this.atMs = nowMs
    this.left -= 1
    return this.left >= 0
  }
}
