import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findNew } from './logs.ts'

test.each([
  [['1 a', '1 b'], ['1 a', '1 b'], []],
  [['1 a', '1 b'], ['1 a', '1 b', '1 c'], ['1 c']],
  [['1 a', '1 b'], ['1 b', '1 c'], ['1 c']],
  [['1 b'], ['1 a', '1 b', '1 c'], ['1 c']],
  [[], ['1 a'], ['1 a']],
  [['1 a'], ['1 x', '1 y'], ['1 x', '1 y']],
  [['1 a', '1 a'], ['1 a', '1 a', '1 a'], ['1 a']],
  [
    ['1 a', '2 a'],
    ['1 a', '1 b', '2 a', '2 b', '3 a'],
    ['1 b', '2 b', '3 a'],
  ],
])('after %j, %j has %j', (known, now, fresh) => {
  expect(findNew(known, now)).toEqual(fresh)
})

test('lines that differ are each shown once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 1, max: 60 }),
      (before, more, window) => {
        fc.pre(more < window)
        const all = Array.from({ length: before + more }, (_, index) => `1 ${index}`)
        expect(findNew(all.slice(0, before).slice(-window), all.slice(-window))).toEqual(all.slice(before))
      },
    ),
  )
})
