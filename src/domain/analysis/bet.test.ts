import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { kl, logEvidence, nearestOnLine, onLine, shiftedRate, type Line } from './bet.ts'

function binomial(n: number, p: number): number[] {
  const probabilities: number[] = []
  let coefficient = 1
  for (let k = 0; k <= n; k += 1) {
    probabilities.push(coefficient * p ** k * (1 - p) ** (n - k))
    coefficient = (coefficient * (n - k)) / (k + 1)
  }
  return probabilities
}

interface Case {
  readonly line: Line
  readonly bet: 'harm' | 'health'
  readonly c1: number
  readonly b1: number
  readonly nc: number
  readonly nb: number
}

/** Expectation of the e-value by adding up every outcome. */
function expectation(at: Case, canary: number, control: number): number {
  const { line, bet, c1, b1, nc, nb } = at
  const ofCanary = binomial(nc, canary)
  const ofControl = binomial(nb, control)
  let sum = 0
  for (let xc = 0; xc <= nc; xc += 1) {
    for (let xb = 0; xb <= nb; xb += 1) {
      const block = { canaryRequests: nc, canaryBad: xc, controlRequests: nb, controlBad: xb }
      sum += ofCanary[xc]! * ofControl[xb]! * Math.exp(logEvidence(line, bet, c1, b1, block))
    }
  }
  return sum
}

const rate = fc.oneof(
  fc.double({ min: 0.001, max: 0.999, noNaN: true }),
  fc.constantFrom(0.001, 0.01, 0.5, 0.99, 0.999),
)
const lines = fc.record({
  rho: fc.double({ min: 0.3, max: 4.3, noNaN: true }),
  delta: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.2, noNaN: true })),
})
const cases = fc.record({
  line: lines,
  c1: rate,
  b1: rate,
  nc: fc.integer({ min: 1, max: 7 }),
  nb: fc.integer({ min: 1, max: 9 }),
  control: rate,
  inside: fc.double({ min: 0, max: 1, noNaN: true }),
})

describe('the evidence of one block', () => {
  test('is expected to be at most 1 wherever the canary is within the line', () => {
    fc.assert(
      fc.property(cases, ({ line, control, inside, ...at }) => {
        const canary = Math.min(1, onLine(line, control)) * (inside > 0.5 ? 1 : 2 * inside)
        expect(expectation({ ...at, line, bet: 'harm' }, canary, control)).toBeLessThanOrEqual(1 + 1e-6)
      }),
      { numRuns: 2_000, seed: 1 },
    )
  })

  test('is expected to be at most 1 for health wherever the canary is harmful', () => {
    fc.assert(
      fc.property(cases, ({ line, control, inside, ...at }) => {
        const edge = onLine(line, control)
        fc.pre(edge <= 1)
        const canary = edge + (inside > 0.5 ? 0 : (1 - edge) * 2 * inside)
        expect(expectation({ ...at, line, bet: 'health' }, canary, control)).toBeLessThanOrEqual(1 + 1e-6)
      }),
      { numRuns: 2_000, seed: 2 },
    )
  })

  test('is expected to be more than 1 where the bet is right', () => {
    const harm: Case = { line: { rho: 1.25, delta: 0.0005 }, bet: 'harm', c1: 0.3, b1: 0.05, nc: 8, nb: 9 }
    expect(expectation(harm, 0.3, 0.05)).toBeGreaterThan(1.2)
    const health: Case = { line: { rho: 2, delta: 0.1 }, bet: 'health', c1: 0.05, b1: 0.05, nc: 8, nb: 9 }
    expect(expectation(health, 0.05, 0.05)).toBeGreaterThan(1.05)
  })

  test('is nothing when the line leaves the unit square, and something just before', () => {
    const block = { canaryRequests: 100, canaryBad: 60, controlRequests: 100, controlBad: 50 }
    expect(logEvidence({ rho: 4, delta: 0 }, 'harm', 0.6, 0.5, block)).toBe(0)
    expect(logEvidence({ rho: 1.1, delta: 0 }, 'harm', 0.6, 0.5, block)).not.toBe(0)
  })

  test('is nothing when the alternative is not strictly on the far side', () => {
    const block = { canaryRequests: 100, canaryBad: 0, controlRequests: 100, controlBad: 10 }
    expect(logEvidence({ rho: 2, delta: 0 }, 'harm', 0.2, 0.1, block)).toBe(0)
    expect(logEvidence({ rho: 2, delta: 0 }, 'harm', 0.15, 0.1, block)).toBe(0)
    expect(logEvidence({ rho: 2, delta: 0 }, 'health', 0.2, 0.1, block)).toBe(0)
    expect(logEvidence({ rho: 2, delta: 0 }, 'health', 0.1, 0.1, block)).toBeGreaterThan(0)
  })

  test('is nothing when an arm is empty', () => {
    const bet = (nc: number, nb: number) =>
      logEvidence({ rho: 1, delta: 0 }, 'harm', 0.5, 0.1, {
        canaryRequests: nc,
        canaryBad: nc,
        controlRequests: nb,
        controlBad: 0,
      })
    expect(bet(0, 100)).toBe(0)
    expect(bet(10, 0)).toBe(0)
    expect(bet(10, 100)).toBeGreaterThan(0)
  })

  test('says so when a count is not a number', () => {
    const block = { canaryRequests: 100, canaryBad: Number.NaN, controlRequests: 100, controlBad: 1 }
    expect(() => logEvidence({ rho: 1, delta: 0 }, 'harm', 0.5, 0.1, block)).toThrow(/evidence is NaN/)
  })
})

test('the nearest point of the line is the least informative one', () => {
  fc.assert(
    fc.property(
      lines,
      rate,
      rate,
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 500 }),
      (line, c1, b1, nc, nb) => {
        const edge = onLine(line, b1)
        fc.pre(edge < 0.999 && Math.abs(c1 - edge) > 1e-3)
        const cost = (b0: number) => nc * kl(c1, onLine(line, b0)) + nb * kl(b1, b0)
        const b0 = nearestOnLine(line, c1, b1, nc, nb)
        for (const other of [b0 * 0.98, b0 * 1.02]) {
          const c0 = onLine(line, other)
          if (other > 0 && other < 1 && c0 > 0 && c0 < 1) expect(cost(other)).toBeGreaterThanOrEqual(cost(b0) - 1e-6)
        }
      },
    ),
    { numRuns: 500, seed: 3 },
  )
})

test('a shifted rate keeps its order and stays a rate', () => {
  expect(shiftedRate(0.001, 0)).toBeCloseTo(0.001, 12)
  expect(shiftedRate(0.001, 3.2)).toBeCloseTo(0.024, 3)
  expect(shiftedRate(0.99, 6.4)).toBeLessThan(1)
})
