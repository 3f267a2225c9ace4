import type { Claim } from './callLedger.ts'

interface Owner {
  readonly worker: number
  readonly atMs: number
}

/**
 * Knows which worker had a call first: that one's outcome counts, those of repeats do not. Bounded: beyond, the older
 * half is forgotten.
 */
export class CallOwners {
  private readonly withinMs: number
  private readonly half: number
  private young = new Map<number, Owner>()
  private old = new Map<number, Owner>()
  private turnedAtMs = 0

  constructor(withinMs: number, max: number) {
    this.withinMs = withinMs
    this.half = Math.max(1, Math.floor(max / 2))
  }

  /** To be told in the order of `atMs`, as far as it is known. */
  claim(worker: number, { call, atMs }: Claim): void {
    if (atMs - this.turnedAtMs > this.withinMs || this.young.size >= this.half) {
      this.old = this.young
      this.young = new Map()
      this.turnedAtMs = atMs
    }
    const owner = this.young.get(call) ?? this.old.get(call)
    if (owner === undefined || atMs - owner.atMs > this.withinMs) this.young.set(call, { worker, atMs })
  }

  /** Whether the end of this call counts; that of one which is forgotten does. */
  isFirst(worker: number, { call, atMs }: Claim): boolean {
    const owner = this.young.get(call) ?? this.old.get(call)
    if (owner === undefined || (owner.worker === worker && owner.atMs === atMs)) return true
    return Math.abs(atMs - owner.atMs) > this.withinMs
  }
}
