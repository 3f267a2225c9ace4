import { expect, test } from 'vitest'
import type { Promotion, Status } from '../../http/contract/documents.ts'
import { formatPlan } from './formatPlan.ts'
import { formatProgress, progressKey } from './formatProgress.ts'
import { formatPromotion, formatPromotions } from './formatPromotion.ts'
import { formatStatus } from './formatStatus.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const moving: Promotion = {
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
  rollout: {
    id: 'r-9',
    environment: 'production',
    phase: 'shifting',
    since: '2026-01-01T12:00:09.000Z',
    plan: {
      steps: [
        { kind: 'share', share: 0.05, minimumMs: 30_000 },
        { kind: 'hosts', hosts: 4, minimumMs: 30_000 },
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
      stable: { requests: 8590, bad: 9 },
      canary: { requests: 454, bad: 23 },
      baseline: { requests: 450, bad: 0 },
    },
    verdict: 'not-enough-data',
  },
  holds: [
    {
      rule: 'minimum-time',
      on: 'r-9',
      since: '2026-01-01T12:00:09.000Z',
      until: '2026-01-01T12:00:39.000Z',
      text: 'judged for 12 s of 30 s',
      help: 'wait 18 s',
    },
  ],
}

test('progress says where it is, what was seen and why it waits', () => {
  expect(formatProgress(moving)).toBe(
    'p-7 cart · canary · share 5 % (seen 4.9 %) · 454 requests, 5.1 % bad against 450 requests, 0 % bad · not-enough-data · waits: judged for 12 s of 30 s',
  )
})

test('in staging progress says what the tests did, and nothing of production', () => {
  const staging: Promotion = {
    ...moving,
    stage: 'staging',
    stages: moving.stages.map((stage) =>
      stage.name === 'staging' ? { ...stage, tests: stage.tests.map((one) => ({ ...one, passed: false })) } : stage,
    ),
    holds: [],
  }
  expect(formatProgress(staging)).toBe('p-7 cart · staging: page failed')
})

test('a line is worth printing when something but a counter changed', () => {
  const { rollout } = moving
  if (rollout === undefined) throw new Error('has one')
  const counted: Promotion = {
    ...moving,
    rollout: {
      ...rollout,
      arms: { ...rollout.arms, canary: { requests: 500, bad: 23 } },
      share: { set: 0.05, seen: 0.05 },
    },
  }
  expect(progressKey(counted)).toBe(progressKey(moving))
  expect(progressKey({ ...counted, rollout: { ...rollout, share: { set: 0.1, seen: 0.05 } } })).not.toBe(
    progressKey(moving),
  )
  expect(progressKey({ ...moving, holds: [] })).not.toBe(progressKey(moving))
  expect(progressKey({ ...moving, phase: 'rolling-back' })).not.toBe(progressKey(moving))
})

test('a promotion under way', () => {
  expect(formatPromotion(moving)).toMatchInlineSnapshot(`
    "p-7: deploy of cart red-button (abababababab), moving in canary
      under way
      asked for by admin at 2026-01-01T12:00:00.000Z

    Stages
      staging     passed   in 9 s          ✓ page
      canary      running  since 12:00:09
      production  pending

    Rollout r-9 in production
      phase    shifting, verdict not-enough-data
      share    5 % set, 4.9 % seen
      hosts    0 of 4 on the new build
      canary   454 requests, 5.1 % bad
      control  450 requests, 0 % bad

    Why it does not move
      judged for 12 s of 30 s (minimum-time on r-9, since 12:00:09, until 12:00:39)
        what helps: wait 18 s
    "
  `)
})

test('a list of promotions', () => {
  expect(formatPromotions([])).toBe('There are no promotions yet.\n')
  expect(formatPromotions([moving])).toMatchInlineSnapshot(`
    "ID   SERVICE  BUILD       PHASE   STAGE   ASKED FOR            WHAT HAPPENED
    p-7  cart     red-button  moving  canary  2026-01-01T12:00:00  judged for 12 s of 30 s
    "
  `)
})

test('status says what is wrong and what moves before what is fine', () => {
  const host = { build: 'one', digest, pid: 12, startedAt: null, ready: true, layer: 'stable', instance: 'i' }
  const status: Status = {
    stages: [],
    environments: [
      {
        name: 'production',
        front: 'http://127.0.0.1:8080',
        services: [
          {
            name: 'cart',
            owner: 'shop',
            stable: 'one',
            digest,
            hosts: [
              { ...host, id: '1' },
              { ...host, id: 'canary-1', build: 'red-button', layer: 'canary' },
            ],
            kept: [{ ...host, id: '2' }],
          },
          { name: 'pay', owner: 'shop', stable: 'one', digest, hosts: [{ ...host, id: '1', ready: false }], kept: [] },
        ],
      },
    ],
    gateways: [{ id: 'g1', pid: null, generation: null, silent: true }],
    moving: [{ promotion: 'p-7', service: 'cart', stage: 'canary', text: 'judged for 12 s of 30 s' }],
  }
  expect(formatStatus(status)).toMatchInlineSnapshot(`
    "! gateway g1 is silent

    Moving
    p-7  cart in canary: judged for 12 s of 30 s

    production  http://127.0.0.1:8080
      SERVICE  BUILD  DIGEST        READY   HOSTS
      cart     one    abababababab  2 of 2  canary-1 red-button (canary), 1 kept for the way back
    ! pay      one    abababababab  0 of 1  1 one NOT READY
    "
  `)
})

test('a plan', () => {
  const plan = {
    canTell: true,
    text: '300 requests a second are enough.',
    stages: [
      {
        name: 'canary',
        requests: 1800,
        minutes: 2,
        finds: [{ metric: 'errors', from: 0.001, to: 0.05, minutes: 0.5 }],
      },
    ],
    wayBack: { open: true, ms: 250, text: 'one shift' },
  }
  expect(formatPlan(plan)).toMatchInlineSnapshot(`
    "It can tell a good build from a bad one.
      300 requests a second are enough.

    canary: about 2 min, 1,800 requests; would find
      errors  from 0.10 %  to 5 % in 30 s

    way back: open, 250 ms (one shift)
    "
  `)
})
