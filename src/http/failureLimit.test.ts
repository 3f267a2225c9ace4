import { expect, test } from 'vitest'
import { createFailureLimit } from './failureLimit.ts'

function countOften(limit: ReturnType<typeof createFailureLimit>, times: number): number {
  let refused = 0
  for (let n = 0; n < times; n += 1) {
    try {
      limit.count()
    } catch (error) {
      expect(error).toMatchObject({ code: 'unauthorized', status: 429 })
      refused += 1
    }
  }
  return refused
}

test('thirty failures a minute are told why, more are refused until the minute is over', () => {
  let nowMs = 1_000_000
  const limit = createFailureLimit(() => nowMs)
  expect(countOften(limit, 30)).toBe(0)
  expect(countOften(limit, 5)).toBe(5)
  expect(() => limit.count()).toThrow(expect.objectContaining({ headers: { 'retry-after': '60' } }))
  nowMs += 59_999
  expect(countOften(limit, 1)).toBe(1)
  nowMs += 1
  expect(countOften(limit, 30)).toBe(0)
})

test('a clock that is set back an hour does not refuse for an hour', () => {
  let nowMs = 10_000_000
  const limit = createFailureLimit(() => nowMs)
  expect(countOften(limit, 31)).toBe(1)
  nowMs -= 3_600_000
  expect(countOften(limit, 1)).toBe(0)
})
