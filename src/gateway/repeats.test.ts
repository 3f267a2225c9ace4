import { expect, test } from 'vitest'
import fc from 'fast-check'
import { Repeats } from './repeats.ts'

test('a repeat within the time is one; after it, it is a new call', () => {
  const repeats = new Repeats(10_000, 1_000)
  expect(repeats.isRepeat('a', 0)).toBe(false)
  expect(repeats.isRepeat('a', 10_000)).toBe(true)
  expect(repeats.isRepeat('b', 10_000)).toBe(false)
  expect(repeats.isRepeat('a', 10_001)).toBe(false)
  expect(repeats.isRepeat('a', 20_001)).toBe(true)
})

test('any sequence of calls: as a memory without bound would say', () => {
  const calls = fc.array(fc.record({ call: fc.constantFrom('a', 'b', 'c'), afterMs: fc.nat({ max: 9_000 }) }), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(calls, (sequence) => {
      const repeats = new Repeats(10_000, 1_000)
      const claimed = new Map<string, number>()
      let nowMs = 0
      for (const { call, afterMs } of sequence) {
        nowMs += afterMs
        const since = claimed.get(call)
        const expected = since !== undefined && nowMs - since <= 10_000
        expect(repeats.isRepeat(call, nowMs)).toBe(expected)
        if (!expected) claimed.set(call, nowMs)
      }
    }),
  )
})

test('a flood forgets the oldest and stays bounded', () => {
  const repeats = new Repeats(10_000, 100)
  for (let i = 0; i < 10_000; i += 1) expect(repeats.isRepeat(String(i), 1)).toBe(false)
  expect(repeats.isRepeat('9999', 1)).toBe(true)
  expect(repeats.isRepeat('0', 1)).toBe(false)
})
