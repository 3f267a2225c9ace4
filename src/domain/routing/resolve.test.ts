import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { compileIndex } from './compileIndex.ts'
import { resolve, type LayerState, type Resolution, type RoutedRequest } from './resolve.ts'
import type { IndexedLayer, RouteIndex } from './routeIndex.ts'
import type { RouteTable, TableLayer } from './table.ts'
import { environmentOf, keyedLayer, serviceOf, shareLayer, stableLayer, tableOf } from './testTables.ts'

interface Ask {
  readonly door?: string
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly key?: string
  readonly draw?: number
  readonly states?: Readonly<Record<string, LayerState>>
}

function ask(index: RouteIndex, question: Ask): Resolution {
  const request: RoutedRequest = {
    method: question.method ?? 'GET',
    path: question.path ?? '/api/cart',
    host: question.host ?? '127.0.0.1',
    nowMs: 1_000,
    ...(question.key === undefined ? {} : { key: { key: question.key, source: 'header' } }),
  }
  const stateOf = (layer: IndexedLayer): LayerState => question.states?.[layer.layer.name] ?? 'alive'
  return resolve(index.doors.get(question.door ?? 'production/front')!, request, () => question.draw ?? 0.5, stateOf)
}

/** `layer` or `refused rule`, then the words of the explanation. */
function told(resolution: Resolution): string {
  const end = resolution.kind === 'resolved' ? resolution.layer.layer.name : `refused ${resolution.rule}`
  return `${end}: ${resolution.why.map((why) => why.rule).join(' ')}`
}

const canary = shareLayer('canary', 0, 0.1)
const baseline = shareLayer('baseline', 0.9, 1)
const index = compileIndex(
  tableOf([
    serviceOf('cart', '/api/cart', [canary, baseline, stableLayer(2), keyedLayer('zoe'), keyedLayer('old', 500)]),
    serviceOf('pay', '/api', [stableLayer(1)]),
    serviceOf('site', '/', [stableLayer(1)], { routes: [{ host: 'Site.test', path: '/' }] }),
  ]),
)

describe('resolve', () => {
  test.each<[string, Ask, string]>([
    ['stable', { draw: 0.5 }, 'stable: route layer-stable'],
    ['the canary owns its start', { draw: 0 }, 'canary: route layer-share'],
    ['the canary does not own its end', { draw: 0.1 }, 'stable: route layer-stable'],
    ['the baseline', { draw: 0.9 }, 'baseline: route layer-share'],
    ['a key', { key: 'zoe', draw: 0 }, 'zoe: key route layer-key'],
    ['a key that the service does not have', { key: 'zoe', path: '/api/other' }, 'stable: key route layer-stable'],
    ['an unknown key', { key: 'mia' }, 'stable: key-unknown route layer-stable'],
    ['an expired key', { key: 'old' }, 'stable: key-expired route layer-stable'],
    ['an unknown key at a strict door', { key: 'mia', door: 'production/strict' }, 'refused strict-key: key-unknown'],
    ['an expired key at a strict door', { key: 'old', door: 'production/strict' }, 'refused strict-key: key-expired'],
    ['a dead canary', { draw: 0, states: { canary: 'dead' } }, 'stable: route pool-dead layer-stable'],
    ['an unwatched canary', { draw: 0, states: { canary: 'unwatched' } }, 'stable: route unwatched layer-stable'],
    ['a dead key layer', { key: 'zoe', states: { zoe: 'dead' } }, 'stable: key route pool-dead layer-stable'],
    [
      'dead key layer and dead canary',
      { key: 'zoe', draw: 0, states: { zoe: 'dead', canary: 'dead' } },
      'stable: key route pool-dead pool-dead layer-stable',
    ],
    ['a dead stable', { states: { stable: 'dead' } }, 'canary: route pool-dead layer-share'],
    [
      'everything dead',
      { states: { stable: 'dead', canary: 'dead', baseline: 'dead' } },
      'refused no-host: route pool-dead pool-dead pool-dead',
    ],
    ['no route', { path: '/x' }, 'refused no-route: no-route'],
    ['a prefix matches whole segments', { path: '/api/cartoon' }, 'stable: route layer-stable'],
    ['a route by host', { path: '/x', host: 'site.test' }, 'stable: route layer-stable'],
  ])('%s', (_name, question, expected) => {
    expect(told(ask(index, question))).toBe(expected)
  })

  test.each([
    ['/api/cart', 'cart'],
    ['/api/cart/1', 'cart'],
    ['/api/cart/', 'cart'],
    ['/api/cartoon', 'pay'],
    ['/api', 'pay'],
  ])('%s belongs to %s', (path, service) => {
    const resolution = ask(index, { path })
    expect(resolution.kind === 'resolved' && resolution.service.name).toBe(service)
  })

  test('a route that names the host wins over a longer one for any host', () => {
    const resolution = ask(index, { path: '/api/cart', host: 'site.test' })
    expect(resolution.kind === 'resolved' && resolution.service.name).toBe('site')
  })

  test('a refusal says what exists', () => {
    const refused = ask(index, { path: '/x' })
    expect(refused).toMatchObject({ status: 404, help: expect.stringContaining('/api/cart') })
  })

  test('the layer that was stood in for is named', () => {
    expect(ask(index, { draw: 0, states: { canary: 'dead' } })).toMatchObject({
      insteadOf: { layer: { name: 'canary' } },
    })
    expect(ask(index, { draw: 0.5 })).not.toHaveProperty('insteadOf')
  })

  test('pages draw by session at a front door, everything else by request', () => {
    const pages = compileIndex(tableOf([serviceOf('site', '/', [canary, stableLayer(1)], { pages: true })]))
    const asked: boolean[] = []
    const draw = (_service: unknown, bySession: boolean): number => asked.push(bySession)
    const request = { method: 'GET', path: '/', host: '', nowMs: 0 }
    resolve(pages.doors.get('production/front')!, request, draw, () => 'alive')
    resolve(pages.doors.get('production/back/caller')!, request, draw, () => 'alive')
    resolve(index.doors.get('production/front')!, { ...request, path: '/api/cart' }, draw, () => 'alive')
    expect(asked).toEqual([true, false, false])
  })
})

describe('a base', () => {
  const table: RouteTable = {
    schema: 'cofferdam.table/1',
    generation: 1,
    environments: [
      {
        ...environmentOf('sandbox', 8_100, [serviceOf('cart', '/api/cart', [stableLayer(1)])]),
        base: { environment: 'production', methods: ['GET'] },
      },
      environmentOf('production', 8_000, [
        serviceOf('cart', '/api/cart', [stableLayer(1)]),
        serviceOf('pay', '/api/pay', [stableLayer(1)]),
      ]),
    ],
  }
  const index = compileIndex(table)

  test.each<[string, Ask, string]>([
    ['its own service', { path: '/api/cart' }, 'stable: route layer-stable'],
    ['what it does not have leaves', { path: '/api/pay' }, 'stable: route base egress layer-stable'],
    ['unless the method may not', { path: '/api/pay', method: 'POST' }, 'refused egress: route base egress'],
    ['nowhere', { path: '/x' }, 'refused no-route: no-route'],
  ])('%s', (_name, question, expected) => {
    expect(told(ask(index, { door: 'sandbox/front', ...question }))).toBe(expected)
  })

  test('the nearer environment wins a tie, and the answer says where it was', () => {
    expect(ask(index, { door: 'sandbox/front', path: '/api/cart' })).toMatchObject({ environment: 'sandbox' })
    expect(ask(index, { door: 'sandbox/front', path: '/api/pay' })).toMatchObject({
      environment: 'production',
      egress: true,
    })
  })
})

describe('properties', () => {
  const state = fc.constantFrom<LayerState>('alive', 'dead', 'unwatched')
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const share = fc.double({ min: 0, max: 0.5, noNaN: true })
  const layers = fc.record({
    canary: fc.option(share),
    baseline: fc.option(share),
    stable: fc.boolean(),
    key: fc.boolean(),
  })

  function layersOf(shape: {
    canary: number | null
    baseline: number | null
    stable: boolean
    key: boolean
  }): TableLayer[] {
    return [
      ...(shape.canary === null ? [] : [shareLayer('canary', 0, shape.canary)]),
      ...(shape.baseline === null ? [] : [shareLayer('baseline', 1 - shape.baseline, 1)]),
      ...(shape.key ? [keyedLayer('zoe')] : []),
      ...(shape.stable ? [stableLayer(1)] : []),
    ]
  }

  test('total and deterministic; never a black hole while a layer in line is alive', () => {
    const states = fc.record({
      canary: state,
      baseline: state,
      stable: fc.constantFrom<LayerState>('alive', 'dead'),
      zoe: state,
    })
    const key = fc.option(fc.constantFrom('zoe', 'mia'), { nil: undefined })
    fc.assert(
      fc.property(
        layers,
        states,
        draw,
        key,
        fc.constantFrom('/api/cart/1', '/nope'),
        (shape, known, drawn, carried, path) => {
          const built = layersOf(shape)
          const compiled = compileIndex(tableOf([serviceOf('cart', '/api/cart', built)]))
          const question: Ask = { path, draw: drawn, states: known, ...(carried === undefined ? {} : { key: carried }) }
          const first = ask(compiled, question)
          expect(told(ask(compiled, question))).toBe(told(first))
          expect(first.why.length).toBeGreaterThan(0)
          const living = built.filter((layer) => known[layer.name as keyof typeof known] === 'alive')
          if (path === '/nope') {
            expect(told(first)).toContain('refused no-route')
          } else if (first.kind === 'resolved') {
            expect(living).toContain(first.layer.layer)
          } else {
            expect(first.rule).toBe('no-host')
            expect(living.filter((layer) => layer.who.kind !== 'key')).toEqual([])
          }
        },
      ),
    )
  })

  test('a growing share never moves a session out of the canary', () => {
    fc.assert(
      fc.property(share, share, draw, (a, b, drawn) => {
        const [small, large] = a < b ? [a, b] : [b, a]
        const layerAt = (to: number): string => {
          const shape = { canary: to, baseline: to, stable: true, key: false }
          return told(ask(compileIndex(tableOf([serviceOf('cart', '/api/cart', layersOf(shape))])), { draw: drawn }))
        }
        if (layerAt(small).startsWith('canary')) expect(layerAt(large)).toContain('canary')
      }),
    )
  })

  test('the realised share is the share that was set', () => {
    fc.assert(
      fc.property(share, (to) => {
        const compiled = compileIndex(
          tableOf([serviceOf('cart', '/api/cart', layersOf({ canary: to, baseline: to, stable: true, key: false }))]),
        )
        const steps = 2_000
        let canaries = 0
        for (let i = 0; i < steps; i += 1)
          if (told(ask(compiled, { draw: i / steps })).startsWith('canary')) canaries += 1
        expect(Math.abs(canaries / steps - to)).toBeLessThanOrEqual(1 / steps)
      }),
      { numRuns: 30 },
    )
  })
})
