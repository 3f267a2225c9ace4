import { expect, test } from 'vitest'
import { learnNoise } from './noise.ts'
import { seeded } from './simulated.fixture.ts'

interface World {
  readonly requests: number
  readonly rate: number
  /** Each failure is reported so many times. */
  readonly burst?: number
  readonly spread?: number
  /** Every so many windows one group has fifty times the errors. */
  readonly hiccupEvery?: number
}

function historyOf(world: World, seed: number, groups = 10, windows = 360) {
  const uniform = seeded(seed)
  const { requests, rate, burst = 1, spread = 0, hiccupEvery = Number.POSITIVE_INFINITY } = world
  return Array.from({ length: groups }, (_, group) => {
    const own = rate * Math.exp(spread * (group % 2 === 0 ? 1 : -1))
    return Array.from({ length: windows }, (__, window) => {
      const now = (window + group * 7) % hiccupEvery === hiccupEvery - 1 ? own * 50 : own
      let bad = 0
      for (let i = 0; i < requests / burst; i += 1) if (uniform() < now) bad += burst
      return { requests, bad: Math.min(bad, requests) }
    })
  })
}

test('independent failures are smooth: phi near 1, no spread', () => {
  const noise = learnNoise(historyOf({ requests: 500, rate: 0.01 }, 1))!
  expect(noise.phi).toBeLessThan(1.3)
  expect(noise.sigma).toBe(0)
})

test('failures that are counted three times each are three times as rough', () => {
  const noise = learnNoise(historyOf({ requests: 600, rate: 0.01, burst: 3 }, 1))!
  expect(noise.phi).toBeGreaterThan(2.4)
  expect(noise.phi).toBeLessThan(4)
})

test('groups that differ for good are spread, and that does not count as roughness', () => {
  const noise = learnNoise(historyOf({ requests: 500, rate: 0.02, spread: 0.3 }, 1))!
  expect(noise.sigma).toBeGreaterThan(0.22)
  expect(noise.sigma).toBeLessThan(0.4)
  expect(noise.phi).toBeLessThan(1.6)
})

test('a spread learned from next to nothing is not believed', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const noise = learnNoise(historyOf({ requests: 2, rate: 0.001 }, seed))
    expect(noise?.sigma ?? 0).toBe(0)
  }
})

test('rare hiccups do not blind the test', () => {
  const calm = learnNoise(historyOf({ requests: 1_000, rate: 0.002 }, 1))!
  const hiccups = learnNoise(historyOf({ requests: 1_000, rate: 0.002, hiccupEvery: 180 }, 1))!
  expect(hiccups.phi).toBeLessThan(calm.phi * 3)
})

test('too little history teaches nothing', () => {
  expect(learnNoise(historyOf({ requests: 500, rate: 0.01 }, 1, 2))).toBeUndefined()
  expect(learnNoise(historyOf({ requests: 500, rate: 0.01 }, 1, 10, 100))).toBeUndefined()
  expect(learnNoise([])).toBeUndefined()
})
