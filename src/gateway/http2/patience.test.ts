import { expect, test } from 'vitest'
import { Patience } from './patience.ts'

test('so much at once, and so much a second', () => {
  const patience = new Patience(3, 2, 1_000)
  expect([0, 0, 0, 0].map(() => patience.spend(1_000))).toEqual([true, true, true, false])
  const later = new Patience(3, 2, 1_000)
  expect([1_000, 1_000, 1_000, 1_500, 1_500].map((ms) => later.spend(ms))).toEqual([true, true, true, true, false])
  // It never holds more than it began with.
  const rested = new Patience(3, 2, 0)
  expect([1, 2, 3, 4].map(() => rested.spend(1e9))).toEqual([true, true, true, false])
})
