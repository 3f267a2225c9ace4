import { expect, test } from 'vitest'
import { explainReason, explainRollback, inPercent } from './explain.ts'

test('the sentence of a rollback names both arms, what is tolerated, and how far it had come', () => {
  const reason = {
    cause: 'analysis',
    metric: 'errors',
    canary: { requests: 454, bad: 23 },
    control: { requests: 8_590, bad: 9 },
    tolerated: 0.0018,
  } as const
  expect(explainRollback(reason, { requests: 454, afterMs: 32_000, layer: 'canary' })).toBe(
    'rolled back after 454 canary requests, 32 s after its first request: error rate 5.1 % against 0.1 % (tolerated 0.18 %)',
  )
})

test('latency is told in milliseconds', () => {
  const reason = {
    cause: 'analysis',
    metric: 'latency-p99',
    thresholdMs: 431.2,
    controlThresholdMs: 383.3,
    canary: { requests: 1_000, bad: 29 },
    control: { requests: 1_000, bad: 10 },
    tolerated: 0.01,
  } as const
  expect(explainReason(reason)).toBe(
    'latency-p99: 2.9 % of its requests slower than 431 ms against 1 % slower than 383 ms (tolerated 1 %)',
  )
})

test.each([
  [{ cause: 'catastrophe', canary: { requests: 28, bad: 27 } }, '27 of 28 requests failed'],
  [
    { cause: 'guard', guard: 'errors', canary: { requests: 1_000, bad: 200 }, limit: 0.1 },
    'error rate 20 %, above the limit of 10 %',
  ],
  [
    { cause: 'guard', guard: 'latency-p99', canary: { requests: 1_000, bad: 31 }, limitMs: 2_000 },
    '3.1 % of the requests were slower than 2000 ms, above the limit of 1 %',
  ],
  [
    { cause: 'guard', guard: 'memory', host: 'canary-1', bytes: 171_966_464, limitBytes: 167_772_160 },
    'canary-1 used 164 MB of memory, 3 samples in a row at or above the limit of 160 MB',
  ],
  [{ cause: 'crash-loop', host: '1', times: 3, withinMs: 60_000 }, '1 ended 3 times within 60 s'],
  [{ cause: 'not-ready', host: 'canary-1', withinMs: 10_000 }, 'canary-1 was not ready within 10 s'],
  [{ cause: 'unwatched', watchedForMs: 60_000 }, 'nobody had judged it for 60 s, so its share went back by itself'],
  [{ cause: 'cannot-see', forMs: 300_000 }, 'its measurements were missing or contradictory for 5 min'],
  [{ cause: 'held-too-long', forMs: 3_600_000 }, 'it was held for 60 min without moving'],
  [{ cause: 'command', reason: 'wrong build' }, 'a person asked for it: wrong build'],
  [{ cause: 'command' }, 'a person asked for it'],
] as const)('a reason in plain words: %j', (reason, text) => {
  expect(explainReason(reason)).toBe(text)
})

test('a build that never served says so', () => {
  const reason = { cause: 'crash-loop', host: '1', times: 3, withinMs: 60_000 } as const
  expect(explainRollback(reason, { requests: 0, afterMs: 0, layer: 'canary' })).toMatch(
    /^rolled back before its first request: /,
  )
  expect(explainRollback(reason, { requests: 1, afterMs: 400, layer: 'batch' })).toMatch(
    /^rolled back after 1 request to the new build, 1 s after its first request: /,
  )
})

test('percentages keep two digits that matter', () => {
  expect([0, 0.00012, 0.0018, 0.00395, 0.0507, 0.126, 0.9999, 1].map(inPercent)).toEqual([
    '0 %',
    '0.012 %',
    '0.18 %',
    '0.4 %',
    '5.1 %',
    '13 %',
    '100 %',
    '100 %',
  ])
})
