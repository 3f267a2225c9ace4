/** How a request ended: its status class, no answer within the time-out, or a broken connection. */
export type Outcome = '2xx' | '3xx' | '4xx' | '5xx' | 'timeout' | 'broken'

export interface LoadStats {
  readonly visit: (late: boolean) => void
  readonly miss: (visits: number) => void
  readonly drop: () => void
  readonly end: (outcome: Outcome, ms: number) => void
  /** What was counted since the last call, as one flat object. */
  readonly take: () => Readonly<Record<string, number>>
}

const longestMs = 4000

export function openLoadStats(): LoadStats {
  const durations = new Uint32Array(longestMs + 1)
  let counts: Record<string, number> = {}
  const reset = () => {
    const names = ['visits', 'late', 'missed', 'dropped', '2xx', '3xx', '4xx', '5xx', 'timeout', 'broken']
    counts = Object.fromEntries(names.map((name) => [name, 0]))
    durations.fill(0)
  }
  const add = (name: string, count = 1) => {
    counts[name] = (counts[name] ?? 0) + count
  }
  reset()
  return {
    visit: (late) => {
      add('visits')
      if (late) add('late')
    },
    miss: (visits) => add('missed', visits),
    drop: () => add('dropped'),
    end: (outcome, ms) => {
      add(outcome)
      const slot = Math.min(Math.max(Math.round(ms), 0), longestMs)
      durations[slot] = (durations[slot] ?? 0) + 1
    },
    take: () => {
      const taken = { ...counts, p50Ms: quantile(durations, 0.5), p99Ms: quantile(durations, 0.99) }
      reset()
      return taken
    },
  }
}

/** The smallest whole millisecond that at least the fraction `q` of the requests did not pass; 0 without requests. */
function quantile(durations: Uint32Array, q: number): number {
  const total = durations.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (const [ms, count] of durations.entries()) {
    seen += count
    if (total > 0 && seen >= q * total) return ms
  }
  return 0
}
