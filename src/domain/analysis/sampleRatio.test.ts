import { describe, expect, test } from 'vitest'
import { stepSampleRatio, type SampleRatio } from './sampleRatio.ts'
import { seeded } from './simulated.fixture.ts'

interface Dealer {
  readonly rps: number
  readonly share: number
  /** What the arms really get, as fractions of all. */
  readonly canary: number
  readonly baseline?: number
  readonly seconds: number
}

/** Seconds of dealt requests; returns after how many seconds the gateway was accused, and of what. */
function deal(dealer: Dealer, seed: number): { readonly after: number; readonly ratio: SampleRatio | undefined } {
  const { rps, share, canary, baseline = share, seconds } = dealer
  const uniform = seeded(seed)
  let ratio: SampleRatio | undefined
  for (let second = 1; second <= seconds; second += 1) {
    const dealt = { share, canary: 0, baseline: 0, all: rps }
    for (let request = 0; request < rps; request += 1) {
      const draw = uniform()
      if (draw < canary) dealt.canary += 1
      else if (draw >= 1 - baseline) dealt.baseline += 1
    }
    ratio = stepSampleRatio(ratio, dealt, 1_000, 5_000)
    if (ratio.misdealt !== undefined) return { after: second, ratio }
  }
  return { after: Number.POSITIVE_INFINITY, ratio }
}

const seeds = Array.from({ length: 40 }, (_, index) => index + 1)

describe('a gateway that deals right is not accused', () => {
  test.each([
    { rps: 3, share: 0.05 },
    { rps: 30, share: 0.05 },
    { rps: 300, share: 0.05 },
    { rps: 300, share: 0.1 },
  ])('for twenty minutes at %o', ({ rps, share }) => {
    for (const seed of seeds) {
      const { ratio } = deal({ rps, share, canary: share, seconds: 1_200 }, seed)
      expect(ratio?.misdealt).toBeUndefined()
    }
  })

  test('nor one that is a fifth beside the share', () => {
    for (const seed of seeds) {
      expect(deal({ rps: 300, share: 0.05, canary: 0.06, seconds: 600 }, seed).ratio?.misdealt).toBeUndefined()
      expect(deal({ rps: 300, share: 0.05, canary: 0.04, seconds: 600 }, seed).ratio?.misdealt).toBeUndefined()
    }
  })

  test('nor one whose canary is down: it gets nothing, and stable answers', () => {
    expect(deal({ rps: 300, share: 0.05, canary: 0, seconds: 600 }, 1).ratio?.misdealt).toBeUndefined()
  })
})

describe('a gateway that deals wrong is', () => {
  test.each([
    ['twice the share', { canary: 0.1 }, 'canary', 30],
    ['half of it', { canary: 0.025 }, 'canary', 45],
    ['the baseline gets less', { canary: 0.05, baseline: 0.025 }, 'baseline', 45],
  ] as const)('%s, within %o', (_, wrong, arm, within) => {
    for (const seed of seeds) {
      const { after, ratio } = deal({ rps: 300, share: 0.05, seconds: 600, ...wrong }, seed)
      expect(ratio?.misdealt).toBe(arm)
      expect(after).toBeLessThanOrEqual(within)
      expect(after).toBeGreaterThanOrEqual(20)
    }
  })

  test('at few requests too, only later', () => {
    expect(deal({ rps: 10, share: 0.05, canary: 0.15, seconds: 1_200 }, 1).ratio?.misdealt).toBe('canary')
  })
})

test('another share is another question; what was found of one stays while it is in force', () => {
  const { ratio } = deal({ rps: 300, share: 0.05, canary: 0.15, seconds: 120 }, 1)
  const right = { share: 0.05, canary: 15, baseline: 15, all: 300 }
  expect(stepSampleRatio(ratio, right, 1_000, 5_000).misdealt).toBe('canary')
  expect(stepSampleRatio(ratio, { ...right, share: 0.1 }, 1_000, 5_000)).toMatchObject({
    share: 0.1,
    seen: { all: 300 },
  })
  expect(stepSampleRatio(ratio, { ...right, share: 0.1 }, 1_000, 5_000).misdealt).toBeUndefined()
})
