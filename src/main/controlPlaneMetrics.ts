import type { Store } from '../engine/ports.ts'

export interface ControlPlaneMetrics {
  readonly measureLag: (ms: number) => void
  readonly countError: (kind: string) => void
  /** In the Prometheus text format, version 0.0.4. */
  readonly render: () => Promise<string>
}

const mostCounted = 1_000
/** Upper edges of the buckets of the decision lag, in seconds. */
const edges = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The control plane's own metrics, as the contract names them. */
export function createMetrics(store: Store): ControlPlaneMetrics {
  const lag = { counts: edges.map(() => 0), sum: 0, count: 0 }
  /** Kinds are words of our own: a dozen. */
  const errors = new Map<string, number>()

  return {
    measureLag: (ms) => {
      const seconds = ms / 1_000
      edges.forEach((edge, at) => {
        if (seconds <= edge) lag.counts[at]! += 1
      })
      lag.sum += seconds
      lag.count += 1
    },
    countError: (kind) => {
      const word = kind.split(' ')[0] ?? kind
      errors.set(word, (errors.get(word) ?? 0) + 1)
    },
    render: async () => {
      const phases = new Map<string, number>()
      for (const { document } of await store.list('promotion', { limit: mostCounted }))
        phases.set(document.phase, (phases.get(document.phase) ?? 0) + 1)
      const name = 'cofferdam_decision_lag_seconds'
      const lines = [
        ...head(name, 'histogram', 'From the end of a slice to its saved decision.'),
        ...edges.map((edge, at) => `${name}_bucket{le="${edge}"} ${lag.counts[at]}`),
        `${name}_bucket{le="+Inf"} ${lag.count}`,
        `${name}_sum ${lag.sum}`,
        `${name}_count ${lag.count}`,
        ...head('cofferdam_reconcile_errors_total', 'counter', 'Passes that failed and came back.'),
        ...labelled('cofferdam_reconcile_errors_total', 'kind', errors),
        ...head('cofferdam_events_total', 'counter', 'Events so far.'),
        `cofferdam_events_total ${await store.lastEventId()}`,
        ...head('cofferdam_promotions', 'gauge', 'Promotions by phase.'),
        ...labelled('cofferdam_promotions', 'phase', phases),
      ]
      return `${lines.join('\n')}\n`
    },
  }
}

function head(name: string, type: string, help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

/** Values are words of our own, which need no quoting. */
function labelled(name: string, label: string, counts: ReadonlyMap<string, number>): readonly string[] {
  return [...counts].map(([value, count]) => `${name}{${label}="${value}"} ${count}`)
}
