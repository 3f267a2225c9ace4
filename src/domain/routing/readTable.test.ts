import { describe, expect, test } from 'vitest'
import { readTable } from './readTable.ts'
import { environmentOf, serviceOf, shareLayer, stableLayer, tableOf } from './testTables.ts'

const good = tableOf([
  serviceOf('cart', '/api/cart', [shareLayer('canary', 0, 0.1), shareLayer('baseline', 0.9, 1), stableLayer(2)]),
])

function problemsOf(document: unknown): readonly string[] {
  const read = readTable(document)
  return read.ok ? [] : read.problems
}

test('a good table is taken as it is; unknown fields do not matter', () => {
  const newer = { ...good, later: 1 }
  expect(readTable(newer)).toEqual({ ok: true, table: newer })
})

describe('what is wrong is named with its path, value and what is allowed', () => {
  const production = good.environments[0]!
  const service = production.services[0]!
  const door = production.doors[0]!
  const withService = (change: object): unknown => ({
    ...good,
    environments: [{ ...production, services: [{ ...service, ...change }] }],
  })
  test.each<[string, unknown, string]>([
    ['no object', [], ' is []; allowed: an object'],
    ['another schema', { ...good, schema: 'x' }, 'schema is "x"; allowed: cofferdam.table/1'],
    ['generation', { ...good, generation: 1.5 }, 'generation is 1.5; allowed: a whole number, 0 or more'],
    [
      'a port',
      { ...good, environments: [{ ...production, doors: [{ ...door, port: 70_000 }] }] },
      'environments[0].doors[0].port is 70000; allowed: 1 to 65535',
    ],
    [
      'one port twice',
      { ...good, environments: [{ ...production, doors: [door, { ...door, id: 'b' }] }] },
      'doors is 8000; allowed: each port once',
    ],
    [
      'a back door without caller',
      { ...good, environments: [{ ...production, doors: [{ ...door, kind: 'back' }] }] },
      'environments[0].doors[0].caller is undefined; allowed: a text that is not empty',
    ],
    [
      'a share',
      withService({ layers: [shareLayer('canary', 0, 1.5)] }),
      'environments[0].services[0].layers[0].who.to is 1.5; allowed: 0 to 1',
    ],
    [
      'shares that overlap',
      withService({ layers: [shareLayer('a', 0, 0.2), shareLayer('b', 0.1, 0.3)] }),
      'allowed: shares that do not overlap',
    ],
    [
      'an address',
      withService({ layers: [{ ...stableLayer(1), hosts: [{ id: '1', address: 'x', instance: 'i' }] }] }),
      'hosts[0].address is "x"; allowed: HOST:PORT',
    ],
    [
      'one route twice',
      {
        ...good,
        environments: [
          { ...production, services: [service, { ...service, name: 'pay', routes: [{ path: '/api/cart/' }] }] },
        ],
      },
      'each route (host and path) once',
    ],
    [
      'an unknown base',
      { ...good, environments: [{ ...production, base: { environment: 'x', methods: [] } }] },
      'base of "production" is "x"; allowed: production',
    ],
  ])('%s', (_name, document, expected) => {
    expect(problemsOf(document).join('\n')).toContain(expected)
  })

  test('bases that stand on each other', () => {
    const a = { ...environmentOf('a', 1_000, []), base: { environment: 'b', methods: [] } }
    const b = { ...environmentOf('b', 2_000, []), base: { environment: 'a', methods: [] } }
    expect(problemsOf({ ...good, environments: [a, b] }).join('\n')).toContain('does not stand on this one')
  })

  test('all problems at once, at most 100', () => {
    expect(problemsOf({ schema: 1, generation: -1, environments: 3 })).toHaveLength(3)
    expect(problemsOf({ ...good, environments: Array.from({ length: 300 }, () => 1) })).toHaveLength(100)
  })
})
