import { expect, test } from 'vitest'
import { WaitWatch } from './waitWatch.ts'

function waiting(sinceMs: number): { waitingSinceMs: number; timedOut: number; onWaitedTooLong: () => void } {
  const one = { waitingSinceMs: sinceMs, timedOut: 0, onWaitedTooLong: () => (one.timedOut += 1) }
  return one
}

test('who waits too long is told once', () => {
  const watch = new WaitWatch(1_000)
  const one = waiting(0)
  watch.add(one)
  for (let nowMs = 250; nowMs <= 1_000; nowMs += 250) watch.sweep(nowMs)
  expect(one.timedOut).toBe(0)
  watch.sweep(1_250)
  watch.sweep(1_500)
  expect(one.timedOut).toBe(1)
})

test('the time in which the gateway itself stood still does not count', () => {
  const watch = new WaitWatch(1_000)
  const one = waiting(0)
  watch.add(one)
  watch.sweep(250)
  watch.sweep(20_250)
  expect(one.timedOut).toBe(0)
  for (let nowMs = 20_500; nowMs <= 21_250; nowMs += 250) watch.sweep(nowMs)
  expect(one.timedOut).toBe(1)
})
