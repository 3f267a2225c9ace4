import { addCounts, noCounts, type ArmCounts } from '../domain/analysis/counts.ts'
import { fromSparse } from '../domain/analysis/durationBuckets.ts'
import type { Cell } from './ports.ts'

export interface History {
  readonly add: (cells: readonly Cell[]) => void
  /** What stable counted in about the last half hour. */
  readonly sum: (environment: string, service: string) => ArmCounts
  /** Requests of the last minute, all layers, and over how many seconds: the traffic as it is now. */
  readonly recent: (environment: string, service: string) => { readonly requests: number; readonly seconds: number }
  /** A second was read, with requests or without. */
  readonly passed: (seconds: number) => void
}

/** Two halves of a quarter of an hour each: the older one is dropped when the newer one is full. */
const halfMs = 15 * 60_000

interface Halves {
  older: ArmCounts
  newer: ArmCounts
  newerSinceMs: number
}

const recentSeconds = 60

/** The control before a rollout: sums, not cells, so that it costs the same at any traffic. */
export function createHistory(): History {
  const known = new Map<string, Halves>()
  const lately = new Map<string, { n: number; requests: number }[]>()
  let read = 0
  let last = 0

  function addRecent(cell: Cell): void {
    const key = `${cell.environment}/${cell.service}`
    const list = lately.get(key) ?? []
    const end = list.at(-1)
    if (end?.n === cell.n) end.requests += cell.requests
    else list.push({ n: cell.n, requests: cell.requests })
    if (list.length > recentSeconds) list.shift()
    lately.set(key, list)
    last = Math.max(last, cell.n)
  }

  return {
    passed: (seconds) => {
      read += seconds
    },
    recent: (environment, service) => {
      const list = (lately.get(`${environment}/${service}`) ?? []).filter((one) => one.n > last - recentSeconds)
      return { requests: list.reduce((total, one) => total + one.requests, 0), seconds: Math.min(read, recentSeconds) }
    },
    add: (cells) => {
      for (const cell of cells) {
        addRecent(cell)
        if (cell.layer !== 'stable') continue
        const key = `${cell.environment}/${cell.service}`
        const halves = known.get(key) ?? { older: noCounts, newer: noCounts, newerSinceMs: cell.from }
        if (cell.from - halves.newerSinceMs > halfMs) {
          halves.older = halves.newer
          halves.newer = noCounts
          halves.newerSinceMs = cell.from
        }
        halves.newer = addCounts(halves.newer, { requests: cell.requests, bad: cell.bad, durations: cell.durations.length === 0 ? [] : fromSparse(cell.durations) })
        known.set(key, halves)
      }
    },
    sum: (environment, service) => {
      const halves = known.get(`${environment}/${service}`)
      return halves ? addCounts(halves.older, halves.newer) : noCounts
    },
  }
}
