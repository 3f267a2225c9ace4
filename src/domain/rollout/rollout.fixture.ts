import { instancesOf } from './layout.ts'
import { instanceId, type Pool } from './pool.ts'
import type { Rollout, RolloutPlan, Step } from './rollout.ts'
import type { JudgementSeen, RolloutSeen } from './seen.ts'

export const oldBuild = { digest: 'sha256:old', name: 'old' }
export const newBuild = { digest: 'sha256:new', name: 'new' }

/** A pool of `cart` in production whose instances are those it began with. */
export function poolOf(hosts = 4): Pool {
  const ids = Array.from({ length: hosts }, (_, index) => String(index + 1))
  return {
    environment: 'production',
    service: 'cart',
    hosts,
    stable: oldBuild,
    instances: Object.fromEntries(ids.map((host) => [host, instanceId('production', 'cart', host, '0')])),
  }
}

export const shares: readonly Step[] = [
  { kind: 'share', share: 0.05, minimumMs: 30_000 },
  { kind: 'share', share: 0.1, minimumMs: 30_000 },
]

export const batches: readonly Step[] = [1, 2, 3, 4].map((hosts): Step => ({ kind: 'hosts', hosts, minimumMs: 10_000 }))

export const fullPlan: RolloutPlan = {
  steps: [...shares, ...batches],
  bakeMs: 60_000,
  keepPrevious: 'until-bake',
  watch: 'analysis',
  watchedForMs: 60_000,
  deadlineMs: 600_000,
}

export function rolloutOf(changes: Partial<Rollout> = {}): Rollout {
  return {
    id: 'r-1-2',
    promotion: 'p-1',
    environment: 'production',
    service: 'cart',
    from: oldBuild,
    to: newBuild,
    hosts: 4,
    plan: fullPlan,
    phase: 'preparing',
    step: 0,
    sinceMs: 0,
    startedAtMs: 0,
    ...changes,
  }
}

/** A judgement that would let every step pass. */
export const healthy: JudgementSeen = {
  verdict: 'pass',
  harm: 1,
  suspected: false,
  worst: 'errors',
  limit: 100,
  provenCoarse: true,
  proven: true,
  judgedMs: 1_000_000,
  warmUpMs: 0,
  missing: 'nothing',
  unwatched: false,
}

/** The judgement that a bad build gets. */
export const harmful: JudgementSeen = {
  ...healthy,
  verdict: 'fail',
  harm: 200,
  suspected: true,
  provenCoarse: false,
  proven: false,
  fail: {
    cause: 'analysis',
    metric: 'errors',
    text: 'error rate 5 %',
    canary: { requests: 100, bad: 5 },
    control: { requests: 1_000, bad: 1 },
    tolerated: 0.0018,
  },
  firstBadAtMs: 7,
}

/** Everything that the rollout wants is there and ready, and the gateways have the table. */
export function allWell(pool: Pool, rollout: Rollout, changes: Partial<RolloutSeen> = {}): RolloutSeen {
  return {
    instances: new Map(instancesOf(pool, rollout).map((one) => [one.instance, { ready: true, exits: 0 }])),
    traffic: { inSync: true, appliedAtMs: 1_000, silent: [] },
    judgement: healthy,
    ...changes,
  }
}
