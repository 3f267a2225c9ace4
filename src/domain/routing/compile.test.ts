import { describe, expect, test } from 'vitest'
import type { Organisation } from '../catalog/organisation.ts'
import { analysis, pipeline } from '../promotion/promotion.fixture.ts'
import { instancesOf } from '../rollout/layout.ts'
import { poolOf, rolloutOf } from '../rollout/rollout.fixture.ts'
import type { Rollout } from '../rollout/rollout.ts'
import { compileTable, type Compilation } from './compile.ts'
import { readTable } from './readTable.ts'

const pool = poolOf(2)

const organisation: Organisation = {
  environments: [
    { name: 'production', hosts: { cart: 2 }, front: { port: 'auto', servedBy: 'always' }, settings: {}, differs: {} },
  ],
  services: [
    {
      name: 'cart',
      owner: 'team',
      from: '/cart',
      routes: [{ path: '/cart' }],
      pages: true,
      run: ['node', 'main.ts'],
      ready: { path: '/healthz', withinMs: 1_000 },
      stop: { graceMs: 100 },
      dependencies: [],
      settings: {},
      data: [],
      tests: [],
    },
  ],
  pipeline,
  analysis,
}

function compilation(rollout: Rollout | undefined, changes: Partial<Compilation> = {}): Compilation {
  const wanted = instancesOf(pool, rollout)
  return {
    organisation,
    pools: [pool],
    rollouts: rollout ? [rollout] : [],
    doors: { 'production/front': 8_000, 'production/back/cart': 8_001 },
    ports: new Map(wanted.map((one, index) => [one.instance, 9_000 + index])),
    ...changes,
  }
}

const layersOf = (input: Compilation) => compileTable(input)[0]?.services[0]?.layers ?? []

describe('compileTable', () => {
  test('puts doors, service and stable hosts with their addresses into the table', () => {
    expect(compileTable(compilation(undefined))).toEqual([
      {
        name: 'production',
        doors: [
          { id: 'production/front', kind: 'front', port: 8_000, servedBy: 'always', strict: false },
          { id: 'production/back/cart', kind: 'back', port: 8_001, caller: 'cart', servedBy: 'always', strict: false },
        ],
        services: [
          {
            name: 'cart',
            pages: true,
            routes: [{ path: '/cart' }],
            healthPath: '/healthz',
            layers: [
              {
                name: 'stable',
                who: { kind: 'everyone' },
                build: { name: 'old', digest: 'sha256:old' },
                hosts: [
                  { id: '1', address: '127.0.0.1:9000', instance: 'production-cart-1-0' },
                  { id: '2', address: '127.0.0.1:9001', instance: 'production-cart-2-0' },
                ],
              },
            ],
          },
        ],
      },
    ])
  })

  test('both arms of a share are watched for the time of the plan, batches and stable have no limit', () => {
    const limits = (rollout: Rollout) => layersOf(compilation(rollout)).map((layer) => [layer.name, layer.watchedForMs])
    expect(limits(rolloutOf({ hosts: 2, phase: 'shifting' }))).toEqual([
      ['canary', 60_000],
      ['baseline', 60_000],
      ['stable', undefined],
    ])
    expect(limits(rolloutOf({ hosts: 2, phase: 'holding', step: 2 }))).toEqual([
      ['batch', undefined],
      ['stable', undefined],
    ])
  })

  test('a rollout that has ended lays nothing', () => {
    const ended = rolloutOf({ hosts: 2, phase: 'rolled-back', step: 1 })
    expect(layersOf(compilation(undefined, { rollouts: [ended] }))).toEqual(layersOf(compilation(undefined)))
  })

  test('an instance without a port, a service without a pool and a door without a port are left out', () => {
    expect(
      layersOf(compilation(undefined, { ports: new Map([['production-cart-2-0', 9_001]]) }))[0]?.hosts.map(
        (host) => host.id,
      ),
    ).toEqual(['2'])
    expect(compileTable(compilation(undefined, { pools: [], doors: {} }))).toEqual([
      { name: 'production', doors: [], services: [] },
    ])
  })

  test('equal input gives an equal table', () => {
    const input = compilation(rolloutOf({ hosts: 2, phase: 'shifting' }))
    expect(JSON.stringify(compileTable(structuredClone({ ...input })))).toBe(JSON.stringify(compileTable(input)))
  })

  test.each([
    'preparing',
    'shifting',
    'holding',
    'baking',
  ] as const)('what it compiles while %s is a table that a gateway accepts', (phase) => {
    for (const step of [0, 1, 2, 3]) {
      const environments = compileTable(compilation(rolloutOf({ hosts: 2, phase, step })))
      expect(readTable({ schema: 'cofferdam.table/1', generation: 1, environments })).toMatchObject({ ok: true })
    }
  })
})
