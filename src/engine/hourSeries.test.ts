import { describe, expect, test } from 'vitest'
import { createHourSeries } from './hourSeries.ts'
import type { Cell } from './ports.ts'

const startMs = 1_000_000_000

function cell(second: number, change: Partial<Cell> = {}): Cell {
  const to = startMs + second * 1_000
  return {
    n: second,
    from: to - 1_000,
    to,
    environment: 'live',
    service: 'cart',
    layer: 'stable',
    host: '1',
    build: 'one',
    requests: 10,
    bad: 1,
    aborted: 0,
    durations: [[20, 10]],
    byCode: {},
    ...change,
  }
}

const seconds = (from: number, to: number, change?: Partial<Cell>): readonly Cell[] =>
  Array.from({ length: to - from + 1 }, (_, index) => cell(from + index, change))

describe('createHourSeries', () => {
  test('a slice is whole before it is shown, and all layers and hosts are in it', () => {
    const series = createHourSeries()
    series.add(seconds(1, 10))
    series.add(seconds(1, 10, { layer: 'canary', host: 'canary-1' }))
    expect(series.of('live', 'cart')).toEqual([])
    series.add(seconds(11, 12))
    expect(series.of('live', 'cart')).toMatchObject([{ at: new Date(startMs).toISOString(), requests: 200, bad: 20 }])
  })

  test('quantiles are those of the durations of the slice', () => {
    const series = createHourSeries()
    series.add(
      seconds(1, 10, {
        requests: 100,
        durations: [
          [0, 98],
          [100, 2],
        ],
      }),
    )
    series.add(seconds(11, 12))
    const [slice] = series.of('live', 'cart')
    expect(slice?.p50).toBe(1)
    expect(slice?.p90).toBe(1)
    expect(slice?.p99).toBeGreaterThan(40)
  })

  test('time without requests is 0 and has no quantiles; another service moves the clock on', () => {
    const series = createHourSeries()
    series.add(seconds(1, 10))
    series.add(seconds(11, 32, { service: 'till' }))
    expect(series.of('live', 'cart').map(({ requests, p99 }) => [requests, p99 === null])).toEqual([
      [100, false],
      [0, true],
      [0, true],
    ])
    expect(series.of('lab', 'cart')).toEqual([])
  })

  test('an hour is kept and nothing before it', () => {
    const series = createHourSeries()
    series.add(seconds(1, 4_000))
    const kept = series.of('live', 'cart')
    expect(kept).toHaveLength(360)
    expect(kept.every(({ requests }) => requests === 100)).toBe(true)
  })

  test('a cell that comes too late changes nothing; one within the wait is counted', () => {
    const late = createHourSeries()
    late.add(seconds(1, 12))
    late.add([cell(5)])
    late.add(seconds(13, 32))
    expect(late.of('live', 'cart').map(({ requests }) => requests)).toEqual([100, 100, 100])
    const inTime = createHourSeries()
    inTime.add(seconds(1, 11))
    inTime.add([cell(5)])
    inTime.add([cell(12)])
    expect(inTime.of('live', 'cart')[0]?.requests).toBe(110)
  })

  test('the newest slice names those that had requests in it, and nobody else', () => {
    const series = createHourSeries()
    expect(series.newest()).toEqual({ at: null, services: [] })
    series.add(seconds(1, 10))
    series.add(seconds(11, 22, { service: 'till' }))
    const newest = series.newest()
    expect(newest.at).toBe(new Date(startMs + 10_000).toISOString())
    expect(newest.services).toMatchObject([{ environment: 'live', service: 'till', requests: 100 }])
  })
})
