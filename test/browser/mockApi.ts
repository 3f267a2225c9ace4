import { builtUi } from '../../src/main/builtUi.ts'
import { CofferdamError } from '../../src/domain/errors.ts'
import { createApi } from '../../src/http/createApi.ts'
import { createFakeEngine } from '../../src/http/fakeEngine.fixture.ts'
import type { World } from './oddWorld.ts'

export interface MockApi {
  readonly url: string
  /** Shows another world from now on. */
  readonly show: (world: World) => void
  /** Appends an event, which makes the page look at once. */
  readonly emit: (text: string) => void
  readonly token: string
  readonly close: () => Promise<void>
}

/** The real API with its real routes and documents, over a world that is made up; with the built UI. */
export async function startMockApi(first: World, port = 0): Promise<MockApi> {
  const fake = createFakeEngine()
  let world = first
  const token = 'f'.repeat(64)
  const remembered = new Map<string, { request: string; answer: string }>()
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
      holds: async () => [],
    },
    token: () => token,
    store: {
      recall: async (key) => remembered.get(key),
      remember: async (key, request, answer) => void remembered.set(key, { request, answer }),
    },
    clock: { now: () => Date.now() },
    address: { host: '127.0.0.1', port },
    metrics: async () => '',
    readConfig: async () => ({ ok: false, problems: [] }),
    diff: async () => ({ files: [], truncated: false }),
    about: { version: '0.0.0', home: '/srv/a home', options: ['--home', '/srv/a home'], demo: false },
    onBug: (error) => process.stderr.write(`${String(error)}\n`),
    ui: builtUi,
  })
  const { url } = await api.listen()
  return {
    url,
    token,
    show: (next) => {
      world = next
      fake.emit('the world is another one')
    },
    emit: fake.emit,
    close: api.close,
  }
}
