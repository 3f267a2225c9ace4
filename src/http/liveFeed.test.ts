import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeEngine, fakePromotion, type FakeEngine } from './fakeEngine.fixture.ts'
import { createLiveFeed, type LiveFeed, type LiveMessage } from './liveFeed.ts'

let fake: FakeEngine
let feed: LiveFeed
let failures: unknown[]
let looks: number
let sliceAt: string | null
let underWay: readonly ReturnType<typeof fakePromotion>[]

beforeEach(() => {
  vi.useFakeTimers()
  fake = createFakeEngine()
  failures = []
  looks = 0
  underWay = [fakePromotion('p-1')]
  sliceAt = null
  const engine = {
    ...fake.engine,
    newestSlices: async () => ({ at: sliceAt, services: [] }),
    underWay: async () => {
      looks++
      return underWay
    },
  }
  feed = createLiveFeed(
    engine,
    () => Date.now(),
    (error) => failures.push(error),
  )
})
afterEach(() => {
  feed.close()
  vi.useRealTimers()
})

function follow(): { readonly got: LiveMessage[]; readonly stop: () => void } {
  const got: LiveMessage[] = []
  return { got, stop: feed.follow((message) => got.push(message)) }
}
const names = (got: readonly LiveMessage[]): readonly string[] =>
  got.map(({ name }) => name).filter((one) => one !== 'beat')

test('whoever comes gets everything as it is, then only what has changed', async () => {
  const { got } = follow()
  await vi.advanceTimersByTimeAsync(10)
  expect(names(got)).toEqual(['promotion', 'status', 'traffic'])
  await vi.advanceTimersByTimeAsync(3_000)
  expect(names(got)).toHaveLength(3)
  underWay = [{ ...fakePromotion('p-1'), stage: 'production' }]
  await vi.advanceTimersByTimeAsync(1_100)
  expect(names(got)).toEqual(['promotion', 'status', 'traffic', 'promotion'])
})

test('the second one gets it at once, from what the first was sent', async () => {
  follow()
  await vi.advanceTimersByTimeAsync(10)
  expect(names(follow().got)).toEqual(['promotion', 'status', 'traffic'])
})

test('an event brings a look at once: nobody waits for the second to end', async () => {
  follow()
  await vi.advanceTimersByTimeAsync(10)
  const before = looks
  fake.emit('something happened')
  await vi.advanceTimersByTimeAsync(100)
  expect(looks).toBe(before + 1)
})

test('a promotion that has ended is sent once more, with its end', async () => {
  const { got } = follow()
  await vi.advanceTimersByTimeAsync(10)
  underWay = []
  // The fake's own document of it stands for its end: it is another one than the one that was sent last.
  underWay = [{ ...fakePromotion('p-1'), stage: 'production' }]
  await vi.advanceTimersByTimeAsync(1_100)
  underWay = []
  await vi.advanceTimersByTimeAsync(3_100)
  expect(names(got).filter((name) => name === 'promotion')).toHaveLength(3)
})

test('nobody looks on, nothing is looked at; somebody comes back, it goes on', async () => {
  const { stop } = follow()
  await vi.advanceTimersByTimeAsync(10)
  stop()
  const before = looks
  await vi.advanceTimersByTimeAsync(10_000)
  expect(looks).toBe(before)
  const { got } = follow()
  await vi.advanceTimersByTimeAsync(10)
  expect(looks).toBe(before + 1)
  expect(names(got)).toContain('status')
})

test('a look that fails is told, and the next one comes', async () => {
  const { got } = follow()
  fake.failure = new Error('the store is away')
  await vi.advanceTimersByTimeAsync(10)
  expect(failures).toHaveLength(1)
  fake.failure = undefined
  await vi.advanceTimersByTimeAsync(1_100)
  expect(names(got)).toContain('status')
})

test('a slice that has ended is told once, and none before the first has', async () => {
  const { got } = follow()
  await vi.advanceTimersByTimeAsync(1_500)
  expect(names(got)).not.toContain('slices')
  sliceAt = '2026-01-01T00:00:00.000Z'
  await vi.advanceTimersByTimeAsync(3_000)
  expect(names(got).filter((name) => name === 'slices')).toHaveLength(1)
  sliceAt = '2026-01-01T00:00:10.000Z'
  await vi.advanceTimersByTimeAsync(1_000)
  expect(names(got).filter((name) => name === 'slices')).toHaveLength(2)
})
