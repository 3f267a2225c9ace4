import { builtUi } from '../../src/main/builtUi.ts'
import type { Build } from '../../src/domain/catalog/build.ts'
import type { Organisation } from '../../src/domain/catalog/organisation.ts'
import { CofferdamError } from '../../src/domain/errors.ts'
import { createApi } from '../../src/http/createApi.ts'
import { createFakeEngine, fakeDigest, fakeRequest } from '../../src/http/fakeEngine.fixture.ts'
import { createMockEvents, type MockEvents } from './mockEvents.ts'
import { makeHour, makeRequests, makeSlices } from './mockMeasures.ts'
import { otherDigest, type World } from './oddWorld.ts'

export interface MockApi {
  readonly url: string
  /** Shows another world from now on. */
  readonly show: (world: World) => void
  /** Appends an event, which makes the page look at once. */
  readonly emit: (text: string) => void
  readonly events: MockEvents
  readonly token: string
  /** Moves the API's clock: codes and sessions grow old by it. */
  readonly pass: (ms: number) => void
  /** A one-time link, as `login` prints it. */
  readonly login: () => Promise<string>
  readonly close: () => Promise<void>
}

export interface MockOptions {
  /** 0 takes a free one. */
  readonly port?: number
  readonly events?: MockEvents
  readonly isDemo?: boolean
}

/** The real API with its real routes and documents, over a world that is made up; with the built UI. */
export async function startMockApi(first: World, options: MockOptions = {}): Promise<MockApi> {
  const fake = createFakeEngine()
  const { port = 0, events = createMockEvents(), isDemo = false } = options
  let world = first
  let passedMs = 0
  const now = (): number => Date.now() + passedMs
  const token = 'f'.repeat(64)
  const remembered = new Map<string, { request: string; answer: string }>()
  const emit = (text: string): void =>
    events.add([{ atMs: now(), actor: 'engine', kind: 'rollout.shifted', on: 'r-1', text }])
  const api = createApi({
    engine: {
      ...fake.engine,
      status: async () => world.status,
      traffic: async () => world.traffic,
      promotions: async () => world.promotions,
      underWay: async () => world.promotions.filter((one) => one.phase === 'moving'),
      promotion: async (id) => {
        const found = world.promotions.find((one) => one.id === id)
        if (found === undefined)
          throw new CofferdamError('unknown-promotion', `there is no promotion ${JSON.stringify(id)}`)
        return found
      },
      builds: async ({ service }) =>
        buildsOf(world).filter((build) => service === undefined || build.service === service),
      holds: async () => [],
      series: async (id) => world.promotions.filter((one) => one.id === id).flatMap(makeSlices),
      requests: async (id) => world.promotions.filter((one) => one.id === id).flatMap(makeRequests),
      eventsOf: async (id) => events.after(0, 1_000).filter((event) => event.promotion === id),
      hourSeries: async () => makeHour(),
      organisation: async () => organisationOf(world, await fake.engine.organisation()),
      environmentRequests: async ({ environment, service, limit }) => {
        const listed = service ?? world.status.environments[0]?.services[0]?.name ?? 'none'
        return [{ ...fakeRequest(environment, listed), at: new Date(now()).toISOString() }].slice(0, limit)
      },
      events: async (after, limit) => events.after(after, limit),
      lastEventId: async () => events.last(),
      onEvents: events.onAdded,
    },
    token: () => token,
    store: {
      recall: async (key) => remembered.get(key),
      remember: async (key, request, answer) => void remembered.set(key, { request, answer }),
    },
    clock: { now },
    address: { host: '127.0.0.1', port },
    metrics: async () => '',
    readConfig: async () => ({ ok: false, problems: [] }),
    diff: async () => ({ files: [], truncated: false }),
    about: { version: '0.0.0', home: '/srv/a home', options: ['--home', '/srv/a home'], demo: isDemo },
    onBug: (error) => process.stderr.write(`${String(error)}\n`),
    ui: builtUi,
  })
  const { url } = await api.listen()
  return {
    url,
    token,
    events,
    show: (next) => {
      world = next
      emit('the world is another one')
    },
    emit,
    pass: (ms) => void (passedMs += ms),
    login: async () => {
      const answer = await fetch(`${url}/api/v1/session/codes`, {
        method: 'POST',
        body: '{}',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      })
      return ((await answer.json()) as { url: string }).url
    },
    close: api.close,
  }
}

/** Of every service the build that runs and the one that moves. */
function buildsOf({ status }: World): readonly Build[] {
  const names = new Set(status.environments.flatMap((one) => one.services.map(({ name }) => name)))
  return [...names].flatMap((service) =>
    [
      { digest: fakeDigest, name: 'new', about: 'Looks one slot past the end: one request in twenty fails.' },
      { digest: otherDigest, name: 'old', about: 'What runs now.' },
    ].map(({ name, ...build }) => ({
      ...build,
      service,
      names: [name],
      command: ['node', 'main.ts'],
      addedAtMs: 5,
    })),
  )
}

/** The configuration that a world would have. */
function organisationOf({ status }: World, like: Organisation): Organisation {
  const [environment] = like.environments
  const [service] = like.services
  if (environment === undefined || service === undefined)
    throw new Error('the fixture has an environment and a service')
  const names = [...new Set(status.environments.flatMap((one) => one.services.map(({ name }) => name)))]
  return {
    ...like,
    environments: status.environments.map((one) => ({
      ...environment,
      name: one.name,
      hosts: Object.fromEntries(one.services.map(({ name, hosts }) => [name, hosts.length])),
    })),
    services: names.map((name) => ({ ...service, name })),
  }
}
