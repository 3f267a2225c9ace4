import { addCounts, addDurations, noCounts, type ArmCounts } from '../domain/analysis/counts.ts'
import { fromSparse, type SparseDurations } from '../domain/analysis/durationBuckets.ts'
import { createHourSeries, type HourSeries } from './hourSeries.ts'
import type { Cell } from './ports.ts'

export interface Recent {
  readonly counts: ArmCounts
  readonly seconds: number
  readonly enough: boolean
}

export interface History {
  readonly add: (cells: readonly Cell[]) => void
  /** A second was read, with requests or without. */
  readonly passed: (seconds: number) => void
  /** What stable counted before a rollout: errors of about half an hour, durations of the last seconds only. */
  readonly control: (environment: string, service: string) => ArmCounts
  /**
   * All layers in the last minute, over the seconds since requests began in it: the traffic as it is now. `enough`: it
   * was watched long enough to say that a canary could not tell.
   */
  readonly recent: (environment: string, service: string) => Recent
  /** Requests and bad ones of the last minute, second by second, of each service that had any; seconds without are 0. */
  readonly lately: () => readonly Lately[]
  readonly hour: HourSeries
}

export interface Lately {
  readonly environment: string
  readonly service: string
  readonly requests: readonly number[]
  readonly bad: readonly number[]
}

/** Two halves of a quarter of an hour each: the older one is dropped when the newer one is full. */
const halfMs = 15 * 60_000
const recentSeconds = 60
/** Traffic that was watched for less says too little of what comes. */
const enoughSeconds = 5
/** Durations follow the load of the machine within seconds: older ones would set thresholds that nobody crosses. */
const durationSeconds = 20

interface Known {
  older: ArmCounts
  newer: ArmCounts
  newerSinceMs: number
  readonly lately: { readonly n: number; requests: number; bad: number; readonly durations: SparseDurations[] }[]
}

/** The traffic before a rollout: sums, not cells, so that it costs the same at any rate. */
export function createHistory(): History {
  const known = new Map<string, Known>()
  const hour = createHourSeries()
  let read = 0
  let last = 0

  function entryOf(cell: Cell): Known {
    const key = `${cell.environment}/${cell.service}`
    const entry = known.get(key) ?? { older: noCounts, newer: noCounts, newerSinceMs: cell.from, lately: [] }
    known.set(key, entry)
    return entry
  }

  function lately(environment: string, service: string, seconds: number): ArmCounts {
    const seen = known.get(`${environment}/${service}`)?.lately ?? []
    return seen
      .filter((one) => one.n > last - seconds)
      .reduce<ArmCounts>(
        (sum, { requests, bad, durations }) =>
          addCounts(sum, {
            requests,
            bad,
            durations: durations.reduce<readonly number[]>((all, one) => addDurations(all, fromSparse(one)), []),
          }),
        noCounts,
      )
  }

  return {
    hour,
    add: (cells) => {
      hour.add(cells)
      for (const cell of cells) {
        const entry = entryOf(cell)
        last = Math.max(last, cell.n)
        addLately(entry, cell)
        if (cell.layer === 'stable') addStable(entry, cell)
      }
    },
    passed: (seconds) => {
      read += seconds
    },
    control: (environment, service) => {
      const entry = known.get(`${environment}/${service}`)
      if (!entry) return noCounts
      const { requests, bad } = addCounts(entry.older, entry.newer)
      return { requests, bad, durations: lately(environment, service, durationSeconds).durations }
    },
    recent: (environment, service) => {
      const counts = lately(environment, service, recentSeconds)
      const first = known
        .get(`${environment}/${service}`)
        ?.lately.find((one) => one.n > last - recentSeconds && one.requests > 0)
      const seconds = first ? last - first.n + 1 : Math.min(read, recentSeconds)
      return { counts, seconds, enough: seconds >= enoughSeconds }
    },
    lately: () =>
      [...known].map(([key, entry]) => {
        const requests = new Array<number>(recentSeconds).fill(0)
        const bad = new Array<number>(recentSeconds).fill(0)
        for (const one of entry.lately) {
          const at = one.n - (last - recentSeconds) - 1
          if (at < 0) continue
          requests[at] = one.requests
          bad[at] = one.bad
        }
        const cut = key.indexOf('/')
        return { environment: key.slice(0, cut), service: key.slice(cut + 1), requests, bad }
      }),
  }
}

function addLately(entry: Known, cell: Cell): void {
  const end = entry.lately.at(-1)
  if (end?.n === cell.n) {
    end.requests += cell.requests
    end.bad += cell.bad
    end.durations.push(cell.durations)
  } else entry.lately.push({ n: cell.n, requests: cell.requests, bad: cell.bad, durations: [cell.durations] })
  if (entry.lately.length > recentSeconds) entry.lately.shift()
}

function addStable(entry: Known, cell: Cell): void {
  if (cell.from - entry.newerSinceMs > halfMs) {
    entry.older = entry.newer
    entry.newer = noCounts
    entry.newerSinceMs = cell.from
  }
  entry.newer = addCounts(entry.newer, { requests: cell.requests, bad: cell.bad, durations: [] })
}
