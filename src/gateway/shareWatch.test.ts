import { expect, test } from 'vitest'
import { compileIndex } from '../domain/routing/compileIndex.ts'
import { Counters } from './counters.ts'
import { LayerPool } from './pools.ts'
import { ShareWatch } from './shareWatch.ts'
import { layerOf, serviceOf } from './testBed.ts'

const name = { environment: 'production', service: 'cart', layer: 'canary' }
const batch = { ...name, layer: 'batch' }

function watchOf(): { readonly watch: ShareWatch; readonly counters: Counters } {
  const share = { kind: 'share', from: 0, to: 0.1 } as const
  const layers = [
    layerOf('canary', share, [], { watchedForMs: 60_000 }),
    layerOf('batch', { ...share, from: 0.5, to: 1 }, []),
  ]
  const services = [serviceOf('cart', '/', [...layers, layerOf('stable', { kind: 'everyone' }, [])])]
  const index = compileIndex({
    schema: 'cofferdam.table/1',
    generation: 1,
    environments: [{ name: 'production', doors: [], services }],
  })
  const pools = index.layers.map((layer) => new LayerPool(layer, [], 0))
  const counters = new Counters()
  return { watch: new ShareWatch(() => pools, counters), counters }
}

test('a share that is renewed stays; then it runs out once, and no renewal brings it back', () => {
  const { watch, counters } = watchOf()
  for (let nowMs = 0; nowMs <= 600_000; nowMs += 50_000) {
    watch.sweep(nowMs)
    expect(watch.renew([name], nowMs)).toEqual({ renewed: 1, unknown: [], unwatched: [] })
  }
  watch.sweep(660_000)
  expect(watch.unwatched()).toEqual([])
  watch.sweep(660_001)
  watch.sweep(660_002)
  expect(watch.unwatched()).toEqual([name])
  expect(counters.unwatched).toBe(1)
  expect(watch.renew([name], 660_003)).toEqual({ renewed: 0, unknown: [], unwatched: [name] })
  expect(watch.unwatched()).toEqual([name])
})

test('a renewal that comes too late does not count, even before the sweep', () => {
  const { watch } = watchOf()
  expect(watch.renew([name], 60_001)).toMatchObject({ renewed: 0, unwatched: [name] })
})

test('a share without a limit never runs out, and an unknown name is said', () => {
  const { watch } = watchOf()
  watch.sweep(1e9)
  expect(watch.unwatched()).toEqual([name])
  expect(watch.renew([batch, { ...name, layer: 'x' }], 1e9)).toMatchObject({
    renewed: 1,
    unknown: [{ ...name, layer: 'x' }],
  })
})

test('a watch that another process takes over is as old as it was, and what ran out elsewhere is home here', () => {
  const { watch } = watchOf()
  watch.renew([name], 10_000)
  const next = watchOf()
  next.watch.restore(watch.ages(40_000), 500)
  expect(next.watch.sweep(30_500)).toEqual([])
  expect(next.watch.sweep(30_501)).toEqual([name])
  expect(watch.latch([name, batch])).toEqual([name, batch])
  expect(watch.latch([name])).toEqual([])
  const third = watchOf()
  third.watch.restore(watch.ages(40_000), 0)
  expect(third.watch.unwatched()).toEqual([name])
  expect(third.watch.renew([name], 1)).toMatchObject({ renewed: 0, unwatched: [name] })
})
