import type { HostDocument, PromotionDocument, StatusDocument, TrafficDocument } from '../../src/engine/api.ts'
import { fakeDigest, fakePromotion } from '../../src/http/fakeEngine.fixture.ts'

/** A world of any size and oddity, in the documents of the contract. */
export interface World {
  readonly status: StatusDocument
  readonly promotions: readonly PromotionDocument[]
  readonly traffic: TrafficDocument
}

/** Of the build that runs before. */
export const otherDigest = `sha256:${'cd'.repeat(32)}`

function host(id: string, layer: string, isNew: boolean): HostDocument {
  return {
    id,
    build: isNew ? 'new' : 'old',
    digest: isNew ? fakeDigest : otherDigest,
    pid: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    ready: true,
    layer,
    instance: `${layer}-${id}`,
  }
}

function inCanary(id: string, service: string, requestedAtMs: number): PromotionDocument {
  const one = fakePromotion(id, service)
  const arm = (requests: number, bad: number) => ({ requests, bad })
  const metric = { control: arm(2_000, 4), canary: arm(210, 11), tolerated: 0.0035, harm: 7.4, health: 1.2 }
  return {
    ...one,
    requestedAt: new Date(requestedAtMs).toISOString(),
    replaces: { name: 'old', digest: otherDigest },
    ...(one.rollout === undefined
      ? {}
      : {
          rollout: {
            ...one.rollout,
            judged: { ms: 18_000, minimumMs: 30_000 },
            evidence: {
              harm: 7.4,
              limit: 100,
              proof: 20,
              worst: 'errors',
              metrics: [
                { name: 'errors', ...metric },
                { name: 'latency-p99', ...metric, harm: 0.6, thresholdMs: 270, controlThresholdMs: 180 },
              ],
              guards: { errors: 0.1, latencyP99Ms: 2_000, memoryBytes: 160 * 1024 * 1024 },
            },
          },
        }),
  }
}

/** What became of a promotion that did harm. */
function cameHome({ holds: _, ...one }: PromotionDocument): PromotionDocument {
  const beganAtMs = Date.parse(one.requestedAt)
  const after = (ms: number): string => new Date(beganAtMs + ms).toISOString()
  return {
    ...one,
    phase: 'rolled-back',
    endedAt: after(44_000),
    holds: [],
    result: {
      outcome: 'rolled-back',
      stage: 'canary',
      cause: 'analysis',
      metric: 'errors',
      text: 'rolled back after 210 canary requests, 39 s after its first request: error rate 5.2 % against 0.2 % (tolerated 0.35 %)',
      canary: { requests: 210, bad: 11 },
      control: { requests: 2_000, bad: 4 },
      tolerated: 0.0035,
      at: { firstBad: after(12_000), decided: after(40_000), applied: after(40_050), lastServed: after(40_120) },
    },
  }
}

/** So many services, the first of them moving, the next of them come home; `name` makes their names. */
export function makeWorld(services: number, moving: number, name: (index: number) => string, home = 0): World {
  const names = Array.from({ length: services }, (_, index) => name(index))
  const promotions = names.slice(0, moving + home).map((service, index) => {
    const one = inCanary(`p-${index + 1}`, service, Date.now() - 60_000 - index * 1_000)
    return index < moving ? one : cameHome(one)
  })
  const environment = (of: string, count: number): StatusDocument['environments'][number] => ({
    name: of,
    front: 'http://127.0.0.1:1',
    services: names.map((service, index) => ({
      name: service,
      owner: 'shop',
      stable: 'old',
      digest: otherDigest,
      hosts: [
        ...Array.from({ length: count }, (_, at) => host(String(at + 1), 'stable', false)),
        ...(index < moving && of === 'production' ? [host('canary-1', 'canary', true)] : []),
      ],
      kept: [],
    })),
  })
  return {
    status: {
      stages: [
        { name: 'staging', kind: 'test', environment: 'staging' },
        { name: 'canary', kind: 'canary', environment: 'production' },
        { name: 'production', kind: 'production', environment: 'production' },
      ],
      environments: services === 0 ? [] : [environment('staging', 1), environment('production', 4)],
      gateways: [{ id: 'g1', pid: 1, generation: 1, silent: false }],
      moving: [],
    },
    promotions,
    traffic: {
      services: names.map((service) => ({
        environment: 'production',
        service,
        requests: Array.from({ length: 60 }, (_, at) => 10 + (at % 7)),
        bad: Array.from({ length: 60 }, () => 0),
      })),
    },
  }
}
