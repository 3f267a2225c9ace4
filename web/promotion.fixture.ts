import type { Promotion } from '../src/http/contract/documents.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const before = `sha256:${'cd'.repeat(32)}`

/** A promotion in its canary at 5 %. */
export const moving: Promotion = {
  id: 'p-7',
  service: 'cart',
  candidate: { digest, builds: { cart: { name: 'red-button', digest } } },
  kind: 'deploy',
  phase: 'moving',
  stage: 'canary',
  requestedBy: 'admin',
  requestedAt: '2026-01-01T12:00:00.000Z',
  stages: [
    {
      name: 'staging',
      phase: 'passed',
      startedAt: '2026-01-01T12:00:00.000Z',
      endedAt: '2026-01-01T12:00:09.000Z',
      tests: [{ name: 'page', kind: 'probe', passed: true, ms: 12, text: 'status 200' }],
    },
    { name: 'canary', phase: 'running', startedAt: '2026-01-01T12:00:09.000Z', tests: [] },
    { name: 'production', phase: 'pending', tests: [] },
  ],
  replaces: { name: 'blue-button', digest: before },
  rollout: {
    id: 'r-9',
    environment: 'production',
    phase: 'holding',
    since: '2026-01-01T12:00:10.000Z',
    plan: {
      steps: [
        { kind: 'share', share: 0.05, minimumMs: 30_000 },
        { kind: 'share', share: 0.1, minimumMs: 30_000 },
        { kind: 'hosts', hosts: 1, minimumMs: 10_000 },
        { kind: 'hosts', hosts: 4, minimumMs: 10_000 },
      ],
      step: 0,
      bakeMs: 60_000,
      deadlineMs: 600_000,
      keepsPrevious: true,
    },
    layer: 'canary',
    share: { set: 0.05, seen: 0.0487 },
    hosts: { total: 4, onNew: 0 },
    arms: {
      stable: { requests: 8_590, bad: 9 },
      canary: { requests: 454, bad: 2 },
      baseline: { requests: 450, bad: 0 },
    },
    verdict: 'not-enough-data',
    judged: { ms: 12_000, minimumMs: 30_000 },
  },
  holds: [
    {
      rule: 'minimum-time',
      on: 'r-9',
      since: '2026-01-01T12:00:10.000Z',
      until: null,
      text: '12 s of at least 30 s judged at 5 %',
      help: 'It goes on by itself.',
    },
  ],
}

/** The same one after the judge took it back. */
export const cameHome: Promotion = {
  ...moving,
  phase: 'rolled-back',
  endedAt: '2026-01-01T12:01:00.000Z',
  holds: [],
  result: {
    outcome: 'rolled-back',
    stage: 'canary',
    cause: 'analysis',
    metric: 'errors',
    text: 'rolled back after 454 canary requests, 32 s after its first request: error rate 5.1 % against 0.1 % (tolerated 0.18 %)',
    canary: { requests: 454, bad: 23 },
    control: { requests: 8_590, bad: 9 },
    tolerated: 0.0018,
    at: {
      firstBad: '2026-01-01T12:00:20.000Z',
      decided: '2026-01-01T12:00:42.000Z',
      applied: '2026-01-01T12:00:42.180Z',
    },
  },
}
