import { expect, test } from 'vitest'
import type { Event } from '../engine/ports.ts'
import { createEventFeed } from './eventFeed.ts'

/** A log whose writer tells of it only when told to. */
function createLog() {
  const events: Event[] = []
  const wakes = new Set<() => void>()
  return {
    append: (count: number) => {
      for (let left = count; left > 0; left--) {
        events.push({ id: events.length + 1, atMs: 0, actor: 'engine', kind: 'table.saved', on: 'table', text: '' })
      }
    },
    wake: () => {
      for (const wake of wakes) wake()
    },
    engine: {
      events: async (after: number, limit: number) => events.slice(after, after + limit),
      lastEventId: async () => events.length,
      onEvents: (wake: () => void) => {
        wakes.add(wake)
        return () => wakes.delete(wake)
      },
    },
  }
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

test('a burst of more than a page is followed with one wake', async () => {
  const log = createLog()
  const feed = createEventFeed(log.engine, () => {})
  const ids: number[] = []
  log.append(1)
  feed.follow(
    0,
    (events) => ids.push(...events.map(({ id }) => id)),
    async () => {},
  )
  await expect.poll(() => ids).toEqual([1])
  log.append(1_300)
  log.wake()
  await expect.poll(() => ids, { timeout: 5_000 }).toEqual(upTo(1, 1_301))
})

test('what was read of the past already does not come again', async () => {
  const log = createLog()
  const feed = createEventFeed(log.engine, () => {})
  const ids: number[] = []
  log.append(1)
  // Nobody has followed yet, and the feed has not begun: it begins at 1, and the follower reads up to 3.
  feed.follow(
    1,
    () => {},
    async () => {},
  )
  await new Promise(setImmediate)
  log.append(2)
  feed.follow(
    0,
    (events) => ids.push(...events.map(({ id }) => id)),
    async () => {},
  )
  await expect.poll(() => ids).toEqual([1, 2, 3])
  log.append(1)
  log.wake()
  await expect.poll(() => ids).toEqual([1, 2, 3, 4])
})

test('a reader that failed goes on with the next wake', async () => {
  const log = createLog()
  const failures: unknown[] = []
  let isBroken = false
  const events = (after: number, limit: number) =>
    isBroken ? Promise.reject(new Error('locked')) : log.engine.events(after, limit)
  const feed = createEventFeed({ ...log.engine, events }, (error) => failures.push(error))
  const ids: number[] = []
  feed.follow(
    0,
    (fresh) => ids.push(...fresh.map(({ id }) => id)),
    async () => {},
  )
  await new Promise(setImmediate)
  isBroken = true
  log.append(2)
  log.wake()
  await expect.poll(() => failures).toHaveLength(1)
  isBroken = false
  log.append(1)
  log.wake()
  await expect.poll(() => ids).toEqual([1, 2, 3])
})

test('who no longer follows is told nothing', async () => {
  const log = createLog()
  const feed = createEventFeed(log.engine, () => {})
  const [gone, stays]: [number[], number[]] = [[], []]
  const unfollow = feed.follow(
    0,
    (events) => gone.push(...events.map(({ id }) => id)),
    async () => {},
  )
  feed.follow(
    0,
    (events) => stays.push(...events.map(({ id }) => id)),
    async () => {},
  )
  await new Promise(setImmediate)
  unfollow()
  log.append(1)
  log.wake()
  await expect.poll(() => stays).toEqual([1])
  expect(gone).toEqual([])
})
