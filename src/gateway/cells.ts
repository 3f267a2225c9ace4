import { codeNames, type Tally, type TallyLabels } from './tally.ts'

/** What one gateway counted in one second for one host of one layer; `from` and `to` are epoch milliseconds. */
export interface Cell {
  readonly n: number
  readonly from: number
  readonly to: number
  readonly environment: string
  readonly service: string
  readonly layer: string
  readonly host: string
  readonly build: string
  /** Requests that ended with an outcome; those whose client went away are in `aborted` only. */
  readonly requests: number
  readonly bad: number
  readonly aborted: number
  readonly byCode: Readonly<Record<string, number>>
  readonly durations: readonly (readonly [number, number])[]
}

export interface CellsAnswer {
  readonly cells: readonly Cell[]
  /** The last second that this answer covers, with or without requests: pass it as the next `after`. */
  readonly next: number
  /** The first second that is still kept. An `after` below `oldest - 1` has missed some. */
  readonly oldest: number
}

/** One second: numbers of all its tallies in one array, since an hour of object trees would fill the memory. */
interface Second {
  readonly n: number
  readonly from: number
  readonly to: number
  readonly labels: readonly TallyLabels[]
  readonly numbers: Uint32Array
}

const pairBits = 20
const pairMask = (1 << pairBits) - 1
const maxCellsPerAnswer = 20_000

function packed(tally: Tally, numbers: number[]): void {
  numbers.push(tally.requests, tally.bad, tally.aborted, ...tally.codes)
  const at = numbers.push(0) - 1
  for (let bucket = 0; bucket < tally.durations.length; bucket += 1) {
    const count = tally.durations[bucket]!
    if (count === 0) continue
    numbers.push(((bucket << pairBits) | Math.min(count, pairMask)) >>> 0)
    numbers[at]! += 1
  }
}

function unpacked(second: Second): Cell[] {
  const { n, from, to, numbers } = second
  let at = 0
  return second.labels.map((labels) => {
    const [requests, bad, aborted] = [numbers[at]!, numbers[at + 1]!, numbers[at + 2]!]
    at += 3
    const byCode: Record<string, number> = {}
    for (const name of codeNames) {
      const count = numbers[at]!
      if (count > 0) byCode[name] = count
      at += 1
    }
    const pairs = numbers[at]!
    at += 1
    const durations: [number, number][] = []
    for (const end = at + pairs; at < end; at += 1) durations.push([numbers[at]! >>> pairBits, numbers[at]! & pairMask])
    return { n, from, to, ...labels, requests, bad, aborted, byCode, durations }
  })
}

/**
 * The cells of the last seconds. Their number continues across restarts: it begins at the epoch second of the start and
 * grows by one with each cut, so a reader that comes back sees a restart as a gap.
 */
export class CellLog {
  private readonly kept: number
  private readonly seconds: Second[] = []
  private lastN: number
  private cutAtMs: number
  private waiters: (() => void)[] = []

  constructor(kept: number, nowMs: number) {
    this.kept = kept
    this.lastN = Math.floor(nowMs / 1000)
    this.cutAtMs = nowMs
  }

  /** Cuts the second that ends now; a second without requests is cut as well. */
  cut(tallies: Iterable<Tally>, nowMs: number): void {
    const labels: TallyLabels[] = []
    const numbers: number[] = []
    for (const tally of tallies) {
      if (tally.requests === 0 && tally.aborted === 0) continue
      packed(tally, numbers)
      labels.push(tally.labels)
      tally.reset()
    }
    this.lastN += 1
    this.seconds.push({ n: this.lastN, from: this.cutAtMs, to: nowMs, labels, numbers: Uint32Array.from(numbers) })
    if (this.seconds.length > this.kept) this.seconds.shift()
    this.cutAtMs = nowMs
    const waiters = this.waiters
    this.waiters = []
    for (const wake of waiters) wake()
  }

  get last(): number {
    return this.lastN
  }

  /** Cells of the seconds after `after`, at most about 20,000; ask again with `next` for more. */
  after(after: number): CellsAnswer {
    const oldest = this.seconds[0]?.n ?? this.lastN + 1
    const cells: Cell[] = []
    let next = this.lastN
    for (let at = Math.max(0, after + 1 - oldest); at < this.seconds.length; at += 1) {
      const second = this.seconds[at]!
      cells.push(...unpacked(second))
      next = second.n
      if (cells.length >= maxCellsPerAnswer) break
    }
    return { cells, next, oldest }
  }

  /** Resolves at the next cut, or when `ms` have passed. */
  async nextCut(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.waiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
