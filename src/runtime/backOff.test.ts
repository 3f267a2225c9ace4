import { expect, test } from 'vitest'
import { backOffMs, exitsWithin } from './backOff.ts'

test('waits double from a quarter of a second up to 30 s', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000].map(backOffMs)).toEqual([
    250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ])
})

test('an exit leaves the window when it is as old as the window', () => {
  const exits = [
    { atMs: 0, code: 1 },
    { atMs: 1, code: 2 },
  ]
  expect(exitsWithin(exits, 60, 60)).toEqual([{ atMs: 1, code: 2 }])
  expect(exitsWithin(exits, 60, 59)).toEqual(exits)
})

test('an exit from before the clock was set back is not in the window', () => {
  const hourMs = 3_600_000
  const exits = [
    { atMs: hourMs, code: 1 },
    { atMs: 10, code: 2 },
  ]
  expect(exitsWithin(exits, 60_000, 20)).toEqual([{ atMs: 10, code: 2 }])
  // The twin: the file of an exit may be newer than the clock by a moment.
  expect(exitsWithin(exits, 60_000, hourMs - 900)).toEqual([{ atMs: hourMs, code: 1 }])
})
