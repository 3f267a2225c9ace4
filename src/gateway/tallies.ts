import { Tally, type TallyLabels } from './tally.ts'

const forgetAfterMs = 15 * 60_000
const maxTallies = 5_000

/** All tallies; those of hosts that left are kept for a while, so that the last scrape sees their totals. */
export class Tallies {
  private readonly byKey = new Map<string, Tally>()

  of(labels: TallyLabels, nowMs: number): Tally {
    const { environment, service, layer, host, build } = labels
    const key = `${environment}\n${service}\n${layer}\n${host}\n${build}`
    let tally = this.byKey.get(key)
    if (tally === undefined) {
      tally = new Tally(labels)
      this.byKey.set(key, tally)
    }
    tally.usedAtMs = nowMs
    return tally
  }

  all(): Iterable<Tally> {
    return this.byKey.values()
  }

  /** Forgets what left long ago; beyond the bound, the oldest first. */
  prune(inUse: ReadonlySet<Tally>, nowMs: number): void {
    const excess = this.byKey.size - maxTallies
    let forgotten = 0
    for (const [key, tally] of this.byKey) {
      if (inUse.has(tally) || tally.requests > 0 || tally.aborted > 0) continue
      if (nowMs - tally.usedAtMs > forgetAfterMs || forgotten < excess) {
        this.byKey.delete(key)
        forgotten += 1
      }
    }
  }
}
