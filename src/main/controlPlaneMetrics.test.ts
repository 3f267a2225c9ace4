import { expect, test } from 'vitest'
import { createMemoryStore } from '../store/memory/createMemoryStore.ts'
import { createMetrics } from './controlPlaneMetrics.ts'

test('lags, errors and events are rendered as Prometheus reads them', async () => {
  const store = createMemoryStore()
  await store.commit({ events: [{ atMs: 1, actor: 'engine', kind: 'table.saved', on: 'table', text: 'saved' }] })
  const metrics = createMetrics(store)
  for (const ms of [10, 11, 700, 20_000]) metrics.measureLag(ms)
  metrics.countError('rollout')
  metrics.countError('request 123')
  metrics.countError('request 456')
  expect((await metrics.render()).split('\n')).toEqual([
    '# HELP cofferdam_decision_lag_seconds From the end of a slice to its saved decision.',
    '# TYPE cofferdam_decision_lag_seconds histogram',
    'cofferdam_decision_lag_seconds_bucket{le="0.01"} 1',
    'cofferdam_decision_lag_seconds_bucket{le="0.025"} 2',
    'cofferdam_decision_lag_seconds_bucket{le="0.05"} 2',
    'cofferdam_decision_lag_seconds_bucket{le="0.1"} 2',
    'cofferdam_decision_lag_seconds_bucket{le="0.25"} 2',
    'cofferdam_decision_lag_seconds_bucket{le="0.5"} 2',
    'cofferdam_decision_lag_seconds_bucket{le="1"} 3',
    'cofferdam_decision_lag_seconds_bucket{le="2.5"} 3',
    'cofferdam_decision_lag_seconds_bucket{le="5"} 3',
    'cofferdam_decision_lag_seconds_bucket{le="10"} 3',
    'cofferdam_decision_lag_seconds_bucket{le="+Inf"} 4',
    expect.stringMatching(/^cofferdam_decision_lag_seconds_sum 20\.72\d*$/),
    'cofferdam_decision_lag_seconds_count 4',
    '# HELP cofferdam_reconcile_errors_total Passes that failed and came back.',
    '# TYPE cofferdam_reconcile_errors_total counter',
    'cofferdam_reconcile_errors_total{kind="rollout"} 1',
    'cofferdam_reconcile_errors_total{kind="request"} 2',
    '# HELP cofferdam_events_total Events so far.',
    '# TYPE cofferdam_events_total counter',
    'cofferdam_events_total 1',
    '# HELP cofferdam_promotions Promotions by phase.',
    '# TYPE cofferdam_promotions gauge',
    '',
  ])
})
