import { describe, expect, test } from 'vitest'
import type { RouteTable, TableLayer } from '../../domain/routing/table.ts'
import { createTableRules } from './tableRules.fixture.ts'

const hosts = (...instances: readonly string[]) =>
  instances.map((instance, index) => ({ id: String(index + 1), address: '127.0.0.1:1', instance }))
const build = { name: 'one', digest: 'sha256:1' }
const stable = (...instances: readonly string[]): TableLayer => ({
  name: 'stable',
  who: { kind: 'everyone' },
  build,
  hosts: hosts(...instances),
})
const canary = (share: number, rollout = 'r-1-2'): TableLayer => ({
  name: 'canary',
  who: { kind: 'share', from: 0, to: share },
  build,
  hosts: hosts(`production-cart-canary-1-${rollout}`),
})
const batch = (count: number): TableLayer => ({
  name: 'batch',
  who: { kind: 'share', from: 0, to: count / 2 },
  build,
  hosts: hosts(...['1', '2'].slice(0, count).map((host) => `production-cart-${host}-r-1-2`)),
})
const old = stable('production-cart-1-0', 'production-cart-2-0')

function play(
  tables: readonly (readonly TableLayer[])[],
  wasReady = (_instance: string) => true,
  generation = (index: number) => index + 1,
): void {
  const rules = createTableRules({ wasReady, shares: [0.05, 0.1], hosts: 2 })
  let before: RouteTable | undefined
  tables.forEach((layers, index) => {
    const table: RouteTable = {
      schema: 'cofferdam.table/1',
      generation: generation(index),
      environments: [
        {
          name: 'production',
          doors: [],
          services: [{ name: 'cart', pages: false, routes: [], healthPath: '/', layers }],
        },
      ],
    }
    rules.check(before, table)
    before = table
  })
}

describe('what must never be in a table is found', () => {
  test('an orderly rollout, there and back, is not', () => {
    play([[old], [canary(0.05), old], [canary(0.1), old], [batch(1), old], [old]])
    play([[old], [canary(0.05), old], [old], [canary(0.05, 'r-2-2'), old]])
  })

  test.each([
    ['a share that is not configured', [[old], [canary(0.2), old]], /share 0.2 is in force/],
    ['a step that is left out', [[old], [canary(0.1), old]], /from step 0 to step 2/],
    ['a batch without a canary', [[old], [batch(1), old]], /from step 0 to step 3/],
    [
      'a step down that is not the way back',
      [[old], [canary(0.05), old], [canary(0.1), old], [canary(0.05), old]],
      /down to step 1/,
    ],
    ['a rollout that was taken back', [[old], [canary(0.05), old], [old], [canary(0.05), old]], /in the table again/],
    ['nobody for everyone', [[old], [stable()]], /nobody can serve/],
    ['a layer without a host', [[old], [{ ...canary(0.05), hosts: [] }, old]], /has no host/],
  ])('%s', (_, tables, message) => {
    expect(() => play(tables)).toThrow(message)
  })

  test('an instance that was never ready', () => {
    expect(() => play([[old], [canary(0.05), old]], (instance) => !instance.includes('canary'))).toThrow(/never ready/)
  })

  test('two contents of one generation', () => {
    expect(() =>
      play(
        [[old], [canary(0.05), old]],
        () => true,
        () => 1,
      ),
    ).toThrow(/written twice/)
  })
})
