import type { Cell, Ports } from './ports.ts'
import type { Page } from './seconds.ts'
import { loadWorld } from './world.ts'

export interface CellReader {
  /** Follows one gateway until stopped; asking again changes nothing. */
  readonly follow: (gateway: string) => void
  readonly stop: () => Promise<void>
}

/** Takes the seconds of a page; false: they are to be read again. */
export type TakePage = (page: Page, cells: readonly Cell[], mayRetry: boolean) => Promise<boolean>

/** How long one read waits for the next second. */
const pollMs = 1_000
const retryMs = 250
/** Seconds that cannot be taken are read so often; then what comes after them is worth more. */
const mostReads = 5

/** Reads the cells of every gateway, second after second, each of them once. */
export function createCellReader(ports: Ports, take: TakePage): CellReader {
  const { store, clock } = ports
  const loops = new Map<string, Promise<void>>()
  let stopped = false

  async function loop(gateway: string): Promise<void> {
    let after: number | undefined
    let reads = 0
    while (!stopped) {
      try {
        after ??= await firstCell(gateway)
        const { cells, next, oldest } = await ports.traffic.cells(gateway, after, pollMs)
        reads += 1
        // What a gateway no longer keeps, or never cut, cannot be judged: it is left out, not counted as empty.
        const page = pageOf(gateway, Math.max(after, oldest - 1), next, cells)
        const isTaken = next <= after || (await take(page, cells, reads < mostReads))
        // The clock of a gateway that was started again may be behind: it answers at once, and is not asked in a circle.
        if (next < after || !isTaken) await pause()
        else {
          after = next
          reads = 0
        }
      } catch (error) {
        ports.report('cells', error)
        await pause()
      }
    }
  }

  function pageOf(gateway: string, after: number, last: number, cells: readonly Cell[]): Page {
    const seconds = new Map<number, Cell[]>()
    for (const cell of cells) {
      const known = seconds.get(cell.n)
      if (known) known.push(cell)
      else seconds.set(cell.n, [cell])
    }
    return { gateway, after, last, seconds, anchor: cells[0] ?? { n: last, to: clock.now() } }
  }

  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => clock.after(retryMs, resolve))
  }

  /** Goes on where the judges stopped; a fresh start begins with the last minutes, to know the control. */
  async function firstCell(gateway: string): Promise<number> {
    const { rollouts } = await loadWorld(store)
    const judges = await Promise.all(rollouts.map((one) => store.load('judge', one.id)))
    const saved = judges.flatMap((judge) => judge?.document.after[gateway] ?? [])
    return saved.length > 0 ? Math.min(...saved) : 0
  }

  return {
    follow: (gateway) => {
      if (!loops.has(gateway)) loops.set(gateway, loop(gateway))
    },
    stop: async () => {
      stopped = true
      await Promise.all(loops.values())
    },
  }
}
