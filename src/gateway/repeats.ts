/** Remembers calls for a while, so that a repeat of one is not counted again. Bounded: beyond, the older half is forgotten. */
export class Repeats {
  private readonly withinMs: number
  private readonly half: number
  private young = new Map<string, number>()
  private old = new Map<string, number>()
  private turnedAtMs = 0

  constructor(withinMs: number, max: number) {
    this.withinMs = withinMs
    this.half = Math.max(1, Math.floor(max / 2))
  }

  /** True when the same call was claimed within the time; otherwise claims it. */
  isRepeat(call: string, nowMs: number): boolean {
    if (nowMs - this.turnedAtMs > this.withinMs || this.young.size >= this.half) {
      this.old = this.young
      this.young = new Map()
      this.turnedAtMs = nowMs
    }
    const claimedAtMs = this.young.get(call) ?? this.old.get(call)
    if (claimedAtMs !== undefined && nowMs - claimedAtMs <= this.withinMs) return true
    this.young.set(call, nowMs)
    return false
  }
}
