import type { HourSliceDocument, NewestSlicesDocument } from './catalogDocuments.ts'
import type { Cell } from './ports.ts'
import { addToSum, armDocument, type ArmSum, emptySum } from './views/armSum.ts'

/** Width of a slice, ms. */
export const hourSliceMs = 10_000
const keptSlices = 360
/** A slice is open for so long after its end: cells of the gateways do not come at the same moment. */
const lateMs = 2_000

export interface HourSeries {
  readonly add: (cells: readonly Cell[]) => void
  /** Slices of the last hour, oldest first, from the first with a request on; those without are 0. */
  readonly of: (environment: string, service: string) => readonly HourSliceDocument[]
  readonly newest: () => NewestSlicesDocument
}

type Closed = Omit<HourSliceDocument, 'at'> & { readonly index: number }

interface Known {
  readonly environment: string
  readonly service: string
  /** Slice → its sum so far; at most two. */
  readonly open: Map<number, ArmSum>
  readonly closed: Closed[]
}

/**
 * What every service answered in the last hour. Of a slice that has ended only counts and quantiles are kept: an hour
 * of one service costs the same at any rate. A cell that comes later than `lateMs` after its slice is left out.
 */
export function createHourSeries(): HourSeries {
  const known = new Map<string, Known>()
  /** Slices before this one have ended. */
  let openFrom = 0

  function entryOf({ environment, service }: Cell): Known {
    const key = `${environment}/${service}`
    const entry = known.get(key) ?? { environment, service, open: new Map<number, ArmSum>(), closed: [] }
    known.set(key, entry)
    return entry
  }

  function closeBefore(index: number): void {
    openFrom = index
    for (const { open, closed } of known.values()) {
      for (const [at, sum] of open) {
        if (at >= index) continue
        open.delete(at)
        closed.push({ index: at, ...armDocument(sum) })
      }
      while (closed[0] !== undefined && closed[0].index < index - keptSlices) closed.shift()
    }
  }

  return {
    add: (cells) => {
      for (const cell of cells) {
        // The middle of a second: its edges may lie a millisecond beyond those of a slice.
        const index = Math.floor((cell.to - 500) / hourSliceMs)
        const ended = Math.floor((cell.to - lateMs) / hourSliceMs)
        if (ended > openFrom) closeBefore(ended)
        if (index < openFrom) continue
        const { open } = entryOf(cell)
        const sum = open.get(index) ?? emptySum()
        open.set(index, sum)
        addToSum(sum, cell)
      }
    },
    of: (environment, service) => {
      const closed = known.get(`${environment}/${service}`)?.closed ?? []
      const first = closed[0]?.index ?? openFrom
      const byIndex = new Map(closed.map((one) => [one.index, one]))
      return Array.from({ length: openFrom - first }, (_, offset) => {
        const { index, ...counts } = byIndex.get(first + offset) ?? {
          index: first + offset,
          ...armDocument(emptySum()),
        }
        return { at: isoOf(index), ...counts }
      })
    },
    newest: () => ({
      at: openFrom === 0 ? null : isoOf(openFrom - 1),
      services: [...known.values()].flatMap(({ environment, service, closed }) => {
        const last = closed.at(-1)
        if (last === undefined || last.index !== openFrom - 1) return []
        const { index: _, ...counts } = last
        return [{ environment, service, ...counts }]
      }),
    }),
  }
}

function isoOf(index: number): string {
  return new Date(index * hourSliceMs).toISOString()
}
