import type { HostDocument, PromotionDocument, StatusDocument, TrafficDocument } from '../../src/engine/api.ts'
import { fakeDigest, fakePromotion } from '../../src/http/fakeEngine.fixture.ts'

/** A world of any size and oddity, in the documents of the contract. */
export interface World {
  readonly status: StatusDocument
  readonly promotions: readonly PromotionDocument[]
  readonly traffic: TrafficDocument
}

const other = `sha256:${'cd'.repeat(32)}`

function host(id: string, layer: string, isNew: boolean): HostDocument {
  return {
    id,
    build: isNew ? 'new' : 'old',
    digest: isNew ? fakeDigest : other,
    pid: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    ready: true,
    layer,
    instance: `${layer}-${id}`,
  }
}

/** So many services, the first of them moving; `name` makes their names. */
export function makeWorld(services: number, moving: number, name: (index: number) => string): World {
  const names = Array.from({ length: services }, (_, index) => name(index))
  const promotions = names.slice(0, moving).map((service, index) => {
    const one = fakePromotion(`p-${index + 1}`, service)
    return { ...one, requestedAt: new Date(Date.now() - index * 1_000).toISOString() }
  })
  const environment = (of: string, count: number): StatusDocument['environments'][number] => ({
    name: of,
    front: 'http://127.0.0.1:1',
    services: names.map((service, index) => ({
      name: service,
      owner: 'shop',
      stable: 'old',
      digest: other,
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
