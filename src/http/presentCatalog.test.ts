import { describe, expect, test } from 'vitest'
import { defaultAnalysis } from '../domain/analysis/settings.ts'
import type { Organisation } from '../domain/catalog/organisation.ts'
import type { Service } from '../domain/catalog/service.ts'
import { callersOf, toPolicy, toSettings, toStores } from './presentCatalog.ts'

const service: Service = {
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
  data: [{ name: 'main', kind: 'sqlite', access: 'write', migrate: ['node', 'migrate.ts'] }],
  tests: [],
}

const organisation: Organisation = {
  environments: [
    {
      name: 'live',
      hosts: { cart: 2 },
      front: { port: 'auto', servedBy: 'always' },
      settings: {
        cart: { SIZE: { kind: 'value', value: '20' }, KEY: { kind: 'secret', from: 'env', name: 'CART_KEY' } },
      },
      differs: {},
    },
    { name: 'lab', hosts: {}, front: { port: 'auto', servedBy: 'always' }, settings: {}, differs: {} },
  ],
  services: [service, { ...service, name: 'till', dependencies: ['cart'], data: [], override: {} }],
  pipeline: {
    stages: [
      { kind: 'test', name: 'try', environment: 'lab' },
      { kind: 'canary', name: 'canary', environment: 'live', shares: [0.05, 0.1] },
      { kind: 'production', name: 'all', environment: 'live', batch: 0.25, keepPrevious: 'until-bake' },
    ],
    minimum: { shareMs: 30_000, batchMs: 10_000, bakeMs: 60_000 },
    deadlineMs: 600_000,
    watchedForMs: 60_000,
  },
  analysis: defaultAnalysis,
}

describe('what of a configuration is shown', () => {
  test('a secret is where it comes from; a value is itself', () => {
    expect(toSettings(organisation, { environment: 'live' })).toEqual([
      { environment: 'live', service: 'cart', name: 'SIZE', value: '20' },
      { environment: 'live', service: 'cart', name: 'KEY', secret: 'env:CART_KEY' },
    ])
    expect(toSettings(organisation, { service: 'till' })).toEqual([])
  })

  test('callers are those that depend on it', () => {
    expect(callersOf(organisation, 'cart')).toEqual(['till'])
    expect(callersOf(organisation, 'till')).toEqual([])
  })

  test('stores of one service or of all', () => {
    expect(toStores(organisation, 'cart')).toEqual([
      { service: 'cart', name: 'main', kind: 'sqlite', access: 'write', migrate: 'node migrate.ts' },
    ])
    expect(toStores(organisation, 'till')).toEqual([])
  })

  test('the policy has the stages of this environment only, and who has values of their own', () => {
    const live = toPolicy(organisation, 'live')
    expect(live.stages).toEqual([
      { name: 'canary', kind: 'canary', shares: [0.05, 0.1], minimumMs: 30_000 },
      { name: 'all', kind: 'production', batch: 0.25, keepsPrevious: true, minimumMs: 10_000 },
    ])
    expect(live.overriddenBy).toEqual(['till'])
    expect(toPolicy(organisation, 'lab').stages).toEqual([{ name: 'try', kind: 'test' }])
  })
})
