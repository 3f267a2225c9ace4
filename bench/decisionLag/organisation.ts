import { defaultAnalysis } from '../../src/domain/analysis/settings.ts'
import type { Organisation } from '../../src/domain/catalog/organisation.ts'
import type { Service } from '../../src/domain/catalog/service.ts'

export function serviceName(number: number): string {
  return `service-${number}`
}

function serviceOf(number: number): Service {
  return {
    name: serviceName(number),
    owner: 'bench',
    from: `old-${number}`,
    routes: [{ path: `/api/${number}` }],
    pages: false,
    run: ['node', 'main.ts'],
    ready: { path: '/healthz', withinMs: 10_000 },
    stop: { graceMs: 1_000 },
    dependencies: [],
    settings: {},
    data: [],
    tests: [],
  }
}

/** So many services with hosts in production only, each change a canary of two shares that is held for the whole run. */
export function organisationOf(services: number, hosts: number): Organisation {
  const all = Array.from({ length: services }, (_, number) => serviceOf(number))
  return {
    environments: [
      {
        name: 'production',
        hosts: Object.fromEntries(all.map((one) => [one.name, hosts])),
        front: { port: 'auto', servedBy: 'always' },
        settings: {},
        differs: {},
      },
    ],
    services: all,
    pipeline: {
      stages: [
        { kind: 'canary', name: 'canary', environment: 'production', shares: [0.05, 0.1] },
        {
          kind: 'production',
          name: 'production',
          environment: 'production',
          batch: 0.25,
          keepPrevious: 'until-bake',
        },
      ],
      minimum: { shareMs: 3_600_000, batchMs: 10_000, bakeMs: 30_000 },
      deadlineMs: 7_200_000,
      watchedForMs: 60_000,
    },
    // The demo's slices; the product's own are as long or longer.
    analysis: { ...defaultAnalysis, sliceMs: 5_000, startUpMs: 0 },
  }
}
