import type { Organisation } from '../../domain/catalog/organisation.ts'
import type { Service } from '../../domain/catalog/service.ts'
import { defaultAnalysis } from '../../domain/analysis/settings.ts'
import type { Stage } from '../../domain/promotion/pipeline.ts'
import type { RouteTable } from '../../domain/routing/table.ts'
import { createMemoryRuntime, type Behaviour, type MemoryRuntime } from '../../runtime/memory/memoryRuntime.ts'
import { createMemoryStore } from '../../store/memory/createMemoryStore.ts'
import type { Event, Ports } from '../ports.ts'
import { createGatewayModel, type GatewayModel } from './gatewayModel.fixture.ts'
import { createTableRules } from './tableRules.fixture.ts'
import { createVirtualClock, type VirtualClock } from './virtualClock.fixture.ts'

/** How the new build of a schedule is. */
export type Nature = 'sound' | 'errors' | 'never-ready' | 'crashes' | 'fails-tests'

export interface WorldPlan {
  readonly nature: Nature
  /** `replace`: a test stage only. `batches`: an emergency. `full`: test, canary, production. */
  readonly trip: 'replace' | 'batches' | 'full'
  readonly keepPrevious: 'until-bake' | 'none'
  readonly hosts: number
  /** The gateway gives the canary so many times its share. */
  readonly deals?: number
  /** Browsers load pages from the service: shares are dealt by session. */
  readonly pages?: boolean
  /** The old build does not start when it is first asked to come back. */
  readonly stumbles?: boolean
}

/** Everything that outlives the engine. */
export interface SimulatedWorld {
  readonly clock: VirtualClock
  readonly ports: Ports
  readonly runtime: MemoryRuntime
  readonly gateway: GatewayModel
  /** What a story may turn while it is played: requests a second in production, and how bad a build that errs is. */
  readonly dials: { rate: number; badness: number }
  /** From now on each table is checked. */
  readonly watchTables: () => void
  /** Somebody's request was saved; and: it ended, one way or another. */
  readonly progress: { readonly requested: boolean; readonly ended: boolean }
  /** What broke a rule, and errors of our own code. */
  readonly faults: readonly string[]
}

export const shares = [0.05, 0.1] as const
const startMs = 1_700_000_000_000
const requestsPerSecond = 20_000

export function createSimulatedWorld(plan: WorldPlan): SimulatedWorld {
  const clock = createVirtualClock(startMs)
  const faults: string[] = []
  const dials = { rate: requestsPerSecond, badness: 0.5 }
  const runtime = createMemoryRuntime({
    clock,
    behave: (spec) => {
      if (spec.build.digest === digestOf('new')) return behaviourOf(plan.nature)
      const firstTry = /^[0-9]+$/.test(spec.host) && /-r-[0-9]+-[0-9]+$/.test(spec.id)
      return { readyAfterMs: plan.stumbles && firstTry ? 'never' : 20 }
    },
  })
  const everReady = new Set<string>()
  runtime.subscribe((id) => {
    if (runtime.list().some((one) => one.spec.id === id && one.phase === 'ready')) everReady.add(id)
  })
  let watching = false
  const rules = createTableRules({
    wasReady: (instance) => everReady.has(instance),
    shares: plan.trip === 'batches' ? [] : shares,
    hosts: plan.hosts,
  })
  const gateway = createGatewayModel({
    clock,
    rate: (environment) => (environment === 'production' ? dials.rate : 0),
    badness: (digest) => (plan.nature === 'errors' && digest === digestOf('new') ? dials.badness : 0.001),
    ...(plan.deals === undefined ? {} : { deals: plan.deals }),
    onApplied: (before, table) => {
      if (watching) catching(faults, () => rules.check(before, table))
    },
  })
  let port = 40_000
  const progress = { requested: false, ended: false }
  const heard = (events: readonly Event[]) => {
    for (const { kind } of events) {
      if (kind === 'promotion.requested') progress.requested = true
      if (/^promotion\.(done|rolled-back|aborted)$/.test(kind)) progress.ended = true
    }
  }
  /** What serves somebody is not ended. */
  const remove = async (id: string) => {
    const serving =
      gateway
        .table()
        ?.environments.flatMap((one) =>
          one.services.flatMap((service) =>
            service.layers.flatMap((layer) => layer.hosts.map((host) => host.instance)),
          ),
        ) ?? []
    if (serving.includes(id)) faults.push(`${id} was ended while the table had it`)
    await runtime.remove(id)
  }
  const store = createMemoryStore({ onEvents: heard })
  /** A table that reaches a gateway is saved before: else the next engine would give its generation to another one. */
  const put: Ports['traffic']['put'] = async (id, bytes) => {
    const sent = JSON.parse(bytes) as RouteTable
    const saved = (await store.load('table', 'current'))?.document
    const isSaved = saved !== undefined && saved.generation >= sent.generation
    const isSame = saved?.generation !== sent.generation || JSON.stringify(saved) === bytes
    if (!isSaved || !isSame) faults.push(`generation ${sent.generation} was sent before it was saved`)
    return gateway.put(id, bytes)
  }
  const ports: Ports = {
    store,
    runtime: { ...runtime, remove },
    traffic: { ...gateway, put },
    builds: {
      snapshot: async (from) => ({ digest: digestOf(from), bytes: 1, files: 1 }),
      has: async () => true,
      path: (digest) => digest,
    },
    tests: {
      run: async (test, { digest }) => {
        const passed = plan.nature !== 'fails-tests' || digest !== digestOf('new')
        return { name: test.name, kind: test.kind, passed, ms: 1, text: passed ? 'ok' : 'status 500' }
      },
    },
    clock,
    reservePort: async () => (port += 1),
    report: (kind, error) => {
      if (error instanceof Error && /invariant|circles|TypeError|RangeError/.test(`${error.name} ${error.message}`))
        faults.push(`${kind}: ${error.message}`)
    },
    measureLag: () => undefined,
  }
  return { clock, ports, dials, runtime, gateway, faults, progress, watchTables: () => void (watching = true) }
}

/** The folder of a build is its name. */
export function digestOf(from: string): string {
  return `sha256:${from.padEnd(64, '0')}`
}

function behaviourOf(nature: Nature): Behaviour {
  if (nature === 'never-ready') return { readyAfterMs: 'never' }
  if (nature === 'crashes') return { readyAfterMs: 'never', exitsAfterMs: 5 }
  return { readyAfterMs: 30 }
}

export function organisationOf(plan: WorldPlan): Organisation {
  const stages: readonly Stage[] = [
    { kind: 'test', name: 'staging', environment: 'staging' },
    { kind: 'canary', name: 'canary', environment: 'production', shares },
    { kind: 'production', name: 'production', environment: 'production', batch: 0.5, keepPrevious: plan.keepPrevious },
  ]
  const environment = (name: string) =>
    ({
      name,
      hosts: { cart: plan.hosts },
      front: { port: 'auto', servedBy: 'always' },
      settings: {},
      differs: {},
    }) as const
  return {
    environments:
      plan.trip === 'replace' ? [environment('staging')] : [environment('staging'), environment('production')],
    services: [{ ...cart, pages: plan.pages ?? false }],
    pipeline: {
      stages: plan.trip === 'replace' ? stages.slice(0, 1) : stages,
      minimum: { shareMs: 2_000, batchMs: 2_000, bakeMs: 4_000 },
      deadlineMs: 600_000,
      watchedForMs: 60_000,
    },
    analysis: {
      ...defaultAnalysis,
      sliceMs: 2_000,
      startUpMs: 0,
      metrics: [
        {
          name: 'errors',
          kind: 'errors',
          weight: 1,
          tolerated: { times: 1.25, plus: 0.0005 },
          harmful: { times: 2, plus: 0.01 },
        },
      ],
    },
  }
}

const cart: Service = {
  name: 'cart',
  owner: 'team',
  from: 'old',
  routes: [{ path: '/cart' }],
  pages: false,
  run: ['node', 'main.ts'],
  ready: { path: '/healthz', withinMs: 500 },
  stop: { graceMs: 100 },
  dependencies: [],
  settings: {},
  data: [],
  tests: [
    { name: 'answers', kind: 'probe', method: 'GET', path: '/', headers: {}, expect: { status: 200, withinMs: 1_000 } },
  ],
}

function catching(faults: string[], check: () => void): void {
  try {
    check()
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
  }
}
