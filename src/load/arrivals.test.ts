import { describe, expect, test } from 'vitest'
import { openArrivals } from './arrivals.ts'
import { seedRandom } from './seedRandom.ts'

describe('openArrivals', () => {
  test('arrive at the rate, spread as Poisson says', () => {
    const arrivals = openArrivals(300, seedRandom(1), 0)
    const perSecond = Array.from({ length: 200 }, (_, second) => {
      let due = 0
      for (let ms = 10; ms <= 1000; ms += 10) due += arrivals.take(second * 1000 + ms).due
      return due
    })
    const mean = perSecond.reduce((sum, due) => sum + due, 0) / perSecond.length
    const variance = perSecond.reduce((sum, due) => sum + (due - mean) ** 2, 0) / perSecond.length
    expect(mean).toBeGreaterThan(294)
    expect(mean).toBeLessThan(306)
    // The variance of a Poisson count is its mean; an even spacing would have none.
    expect(variance / mean).toBeGreaterThan(0.75)
    expect(variance / mean).toBeLessThan(1.3)
  })

  test('a short delay is made up for, and said to be late', () => {
    const arrivals = openArrivals(300, seedRandom(2), 0)
    const { due, late, missed } = arrivals.take(500)
    expect(due).toBeGreaterThan(100)
    expect(late).toBeGreaterThan(90)
    expect(missed).toBe(0)
  })

  test('after a long stop nothing bursts: what was missed is only counted', () => {
    const arrivals = openArrivals(300, seedRandom(3), 0)
    const { due, missed } = arrivals.take(20_000)
    expect(due).toBe(0)
    expect(missed).toBeGreaterThan(5900)
    expect(arrivals.nextAtMs()).toBeGreaterThan(20_000)
  })
})
