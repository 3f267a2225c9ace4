import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Store } from '../engine/ports.ts'

export interface ControlPlaneMetrics {
  readonly measureLag: (ms: number) => void
  readonly countError: (kind: string) => void
  /** In the Prometheus text format. */
  readonly render: () => Promise<string>
}

const mostCounted = 1_000

/** The control plane's own metrics, as the contract names them. */
export function createMetrics(store: Store): ControlPlaneMetrics {
  const registry = new Registry()
  const registers = [registry]
  const lag = new Histogram({
    name: 'cofferdam_decision_lag_seconds',
    help: 'From the end of a slice to its saved decision.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const errors = new Counter({
    name: 'cofferdam_reconcile_errors_total',
    help: 'Passes that failed and came back.',
    labelNames: ['kind'],
    registers,
  })
  const events = new Counter({ name: 'cofferdam_events_total', help: 'Events so far.', registers })
  const promotions = new Gauge({
    name: 'cofferdam_promotions',
    help: 'Promotions by phase.',
    labelNames: ['phase'],
    registers,
  })
  return {
    measureLag: (ms) => lag.observe(ms / 1000),
    countError: (kind) => errors.inc({ kind: kind.split(' ')[0] ?? kind }),
    render: async () => {
      // Their number is the store's; it goes on after a restart.
      events.reset()
      events.inc(await store.lastEventId())
      promotions.reset()
      for (const { document } of await store.list('promotion', { limit: mostCounted }))
        promotions.inc({ phase: document.phase })
      return registry.metrics()
    },
  }
}
