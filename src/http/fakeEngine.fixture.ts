import type { Build } from '../domain/catalog/build.ts'
import type { Organisation } from '../domain/catalog/organisation.ts'
import { CofferdamError } from '../domain/errors.ts'
import type { Hold } from '../domain/holds.ts'
import type { Deploy, EngineApi, PromotionDocument, StatusDocument } from '../engine/api.ts'
import type { SeenRequestDocument } from '../engine/catalogDocuments.ts'
import type { Event } from '../engine/ports.ts'

export const fakeDigest = `sha256:${'ab'.repeat(32)}`

export interface FakeEngine {
  readonly engine: EngineApi
  /** Appends an event and wakes followers. */
  readonly emit: (text: string) => void
  /** Promotions that were started. */
  readonly started: Deploy[]
  readonly applied: Organisation[]
  /** What the next change is refused with. */
  readonly refuseWith: Hold[]
  /** Held back until it resolves. */
  slow: Promise<void>
  failure: Error | undefined
}

const arm = { requests: 100, bad: 1 }

/** The document of a promotion that is in its canary. */
export function fakePromotion(id: string, service = 'cart'): PromotionDocument {
  return {
    id,
    service,
    candidate: { digest: fakeDigest, builds: { [service]: { name: 'one', digest: fakeDigest } } },
    kind: 'deploy',
    phase: 'moving',
    stage: 'canary',
    requestedBy: 'admin',
    requestedAt: '2026-01-01T00:00:00.000Z',
    stages: [
      {
        name: 'staging',
        phase: 'passed',
        startedAt: '2026-01-01T00:00:00.000Z',
        tests: [{ name: 'page', kind: 'probe', passed: true, ms: 12, text: 'status 200' }],
      },
    ],
    rollout: {
      id: 'r-1',
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
      share: { set: 0.05, seen: 0.049 },
      hosts: { total: 4, onNew: 0 },
      arms: { stable: arm, canary: arm, baseline: arm },
      verdict: 'not-enough-data',
    },
    holds: [
      {
        rule: 'not-enough-data',
        on: 'r-1',
        since: '2026-01-01T00:00:00.000Z',
        until: null,
        text: 'too few requests',
        help: 'wait',
      },
    ],
  }
}

export const fakeStatus: StatusDocument = {
  stages: [{ name: 'production', kind: 'production', environment: 'production' }],
  environments: [
    {
      name: 'production',
      front: 'http://127.0.0.1:8080',
      services: [
        {
          name: 'cart',
          owner: 'shop',
          stable: 'one',
          digest: fakeDigest,
          hosts: [
            {
              id: '1',
              build: 'one',
              digest: fakeDigest,
              pid: 12,
              startedAt: '2026-01-01T00:00:00.000Z',
              ready: true,
              layer: 'stable',
              instance: 'production-cart-1-r-1',
            },
          ],
          kept: [],
        },
      ],
    },
  ],
  gateways: [{ id: 'g1', pid: 3, generation: 4, silent: false }],
  moving: [],
}

/** A request that the service answered. */
export function fakeRequest(environment: string, service: string): SeenRequestDocument {
  return {
    id: 'f3a1',
    at: '2026-01-01T00:00:00.000Z',
    method: 'GET',
    route: '/cart',
    status: 200,
    ms: 3.2,
    caller: null,
    environment,
    service,
    layer: 'stable',
    host: '1',
    refused: null,
    why: [{ rule: 'route', text: '/cart belongs to cart' }],
  }
}

const organisation = {
  environments: [
    { name: 'production', hosts: { cart: 1 }, front: { port: 'auto', servedBy: 'always' }, settings: {}, differs: {} },
  ],
  services: [
    {
      name: 'cart',
      owner: 'shop',
      from: '/srv/cart',
      routes: [],
      pages: false,
      run: ['node', 'main.ts'],
      ready: { path: '/healthz', withinMs: 1_000 },
      stop: { graceMs: 1_000 },
      dependencies: [],
      settings: {},
      data: [],
      tests: [],
    },
  ],
  pipeline: { stages: [], minimum: { shareMs: 1, batchMs: 1, bakeMs: 1 }, deadlineMs: 1, watchedForMs: 1 },
  analysis: {
    sliceMs: 1,
    startUpMs: 1,
    alpha: 0.01,
    beta: 0.05,
    metrics: [],
    guards: { errors: 0.1, latencyP99Ms: 1, memoryBytes: 1, crashes: { times: 1, withinMs: 1 } },
  },
} satisfies Organisation

/** An engine in memory that does what it is told, for tests of whatever stands before it. */
export function createFakeEngine(): FakeEngine {
  const builds: Build[] = []
  const events: Event[] = []
  const wakes = new Set<() => void>()
  const fake: { -readonly [K in keyof FakeEngine]: FakeEngine[K] } = {
    engine: undefined as unknown as EngineApi,
    started: [],
    applied: [],
    refuseWith: [],
    slow: Promise.resolve(),
    failure: undefined,
    emit: (text) => {
      events.push({ id: events.length + 1, atMs: 1_000, actor: 'engine', kind: 'rollout.shifted', on: 'r-1', text })
      for (const wake of wakes) wake()
    },
  }
  const pass = async <T>(
    value: T,
  ): Promise<{ accepted: true; value: T } | { accepted: false; holds: readonly Hold[] }> => {
    await fake.slow
    if (fake.failure !== undefined) throw fake.failure
    return fake.refuseWith.length > 0 ? { accepted: false, holds: fake.refuseWith } : { accepted: true, value }
  }
  fake.engine = {
    ...createFakeReads(fake),
    builds: async ({ service }) => builds.filter((build) => service === undefined || build.service === service),
    addBuild: async ({ service, from, command, name }) => {
      const digest = `sha256:${Buffer.from(from).toString('hex').padEnd(64, '0').slice(0, 64)}`
      const known = builds.find((build) => build.digest === digest)
      const build = known ?? {
        digest,
        service,
        names: [name ?? 'one'],
        command: command ?? ['node', 'main.ts'],
        addedAtMs: 5,
      }
      if (known === undefined) builds.push(build)
      return build
    },
    deploy: async (request) => {
      if (request.build === 'running')
        return {
          accepted: true,
          value: {
            already: true,
            service: request.service,
            build: { name: 'running', digest: fakeDigest },
            text: 'it runs',
          },
        }
      const outcome = await pass({
        already: false as const,
        promotion: fakePromotion(`p-${fake.started.length + 1}`, request.service),
      })
      if (outcome.accepted) fake.started.push(request)
      return outcome
    },
    rollback: ({ service }) => pass(fakePromotion('p-2', service)),
    abort: (id) => pass(fakePromotion(id)),
    retry: (id) => pass(fakePromotion(id)),
    pass: (id) => pass(fakePromotion(id)),
    apply: async (config) => {
      fake.applied.push(config)
      return pass({ revision: '2', changed: true })
    },
    events: async (after, limit) => events.slice(after, after + limit),
    lastEventId: async () => events.length,
    onEvents: (wake) => {
      wakes.add(wake)
      return () => wakes.delete(wake)
    },
  }
  return fake
}

type Reads =
  | 'plan'
  | 'organisation'
  | 'promotion'
  | 'promotions'
  | 'underWay'
  | 'status'
  | 'traffic'
  | 'hourSeries'
  | 'newestSlices'
  | 'environmentNow'
  | 'environmentRequests'
  | 'eventsOf'
  | 'holds'
  | 'explain'
  | 'logs'
  | 'series'
  | 'requests'
  | 'replay'
  | 'readiness'

function createFakeReads(fake: Pick<FakeEngine, 'failure' | 'refuseWith'>): Pick<EngineApi, Reads> {
  return {
    plan: async () => ({
      canTell: true,
      text: 'fine',
      stages: [
        { name: 'canary', requests: 10, minutes: 2, finds: [{ metric: 'errors', from: 0.001, to: 0.01, minutes: 1 }] },
      ],
      wayBack: { open: true, ms: 250, text: 'one shift' },
    }),
    organisation: async () => organisation,
    promotion: async (id) => {
      if (id !== 'p-1') throw new CofferdamError('unknown-promotion', `there is no promotion ${id}`)
      return fakePromotion(id)
    },
    promotions: async () => [fakePromotion('p-1')],
    status: async () => {
      if (fake.failure !== undefined) throw fake.failure
      return fakeStatus
    },
    holds: async () => fakePromotion('p-1').holds.map((hold) => ({ ...hold, promotion: 'p-1' })),
    explain: async () => ({
      service: 'cart',
      environment: 'production',
      layer: 'stable',
      build: 'one',
      host: '1',
      status: 200,
      why: [{ rule: 'route', text: '/cart' }],
    }),
    logs: async ({ lines }) => ['one', 'two', 'three'].slice(-lines),
    underWay: async () => [fakePromotion('p-1')],
    traffic: async () => ({
      services: [{ environment: 'production', service: 'cart', requests: [3, 4], bad: [0, 1] }],
    }),
    eventsOf: async () => [],
    hourSeries: async () => [{ at: '2026-01-01T00:00:00.000Z', ...arm, p50: 8, p90: 12, p99: 40 }],
    newestSlices: async () => ({ at: null, services: [] }),
    environmentNow: async (environment) => ({
      doors: [{ id: `${environment}/front`, kind: 'front', address: 'http://127.0.0.1:8080', caller: null }],
      layers: [],
    }),
    environmentRequests: async ({ environment, service = 'cart', limit }) =>
      [fakeRequest(environment, service)].slice(0, limit),
    series: async () => [
      {
        at: '2026-01-01T00:00:00.000Z',
        n: 1,
        step: 0,
        canary: { ...arm, p50: 8, p90: 12, p99: 40 },
        baseline: { ...arm, p50: 8, p90: 12, p99: 40 },
        stable: { requests: 0, bad: 0, p50: null, p90: null, p99: null },
      },
    ],
    requests: async () => [],
    replay: async () => ({ identical: true, decisions: 3, slices: 9 }),
    readiness: async () => ({ ready: fake.failure === undefined, text: fake.failure?.message ?? 'ready' }),
  }
}
