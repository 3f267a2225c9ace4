import { describe, expect, test } from 'vitest'
import { judgeCell, startCatastrophe, type CatastropheState } from './catastrophe.ts'
import { drawArm, seeded } from './simulated.fixture.ts'

/** Cells until it fires; Infinity when it does not. */
function cellsUntilFired(seed: number, bad: number, cells: number, rps: number, from = startCatastrophe()): number {
  const uniform = seeded(seed)
  let state: CatastropheState = from
  for (let i = 1; i <= cells; i += 1) {
    state = judgeCell(state, drawArm(uniform, { rps, bad }, 1_000))
    if (state.fired) return i
  }
  return Number.POSITIVE_INFINITY
}

function sortedCells(bad: number, cells: number, rps: number, from?: CatastropheState): number[] {
  const found: number[] = []
  for (let seed = 1; seed <= 100; seed += 1) found.push(cellsUntilFired(seed, bad, cells, rps, from))
  return found.sort((a, b) => a - b)
}

function healthyFor(seconds: number): CatastropheState {
  const uniform = seeded(77)
  let state = startCatastrophe()
  for (let i = 0; i < seconds; i += 1) state = judgeCell(state, drawArm(uniform, { rps: 15, bad: 0.001 }, 1_000))
  return state
}

describe('at 15 requests a second', () => {
  test('95 % errors are found in 2 s, in 3 s at the latest', () => {
    const cells = sortedCells(0.95, 20, 15)
    expect(cells[50]).toBeLessThanOrEqual(2)
    expect(cells[95]).toBeLessThanOrEqual(3)
  })

  test('total failure after a healthy minute is found in 3 s, after a healthy hour in 4 s', () => {
    expect(sortedCells(1, 20, 15, healthyFor(60))[95]).toBeLessThanOrEqual(3)
    expect(sortedCells(1, 20, 15, healthyFor(3_600))[95]).toBeLessThanOrEqual(4)
  })

  test('30 % errors are left to the engine', () => {
    expect(sortedCells(0.3, 300, 15)[0]).toBe(Number.POSITIVE_INFINITY)
  })
})

test('half of the requests failing all the time fires no more often than promised', () => {
  const cells = sortedCells(0.5, 600, 15)
  expect(cells[0]).toBe(Number.POSITIVE_INFINITY)
})

test('one second does not decide, however bad; the second one does', () => {
  const once = judgeCell(startCatastrophe(), { requests: 500, bad: 500 })
  expect(once.fired).toBe(false)
  expect(judgeCell(once, { requests: 500, bad: 500 }).fired).toBe(true)
  expect(judgeCell(judgeCell(once, { requests: 500, bad: 1 }), { requests: 500, bad: 500 }).fired).toBe(false)
})

test('seconds without requests change nothing', () => {
  const once = judgeCell(startCatastrophe(), { requests: 15, bad: 15 })
  expect(judgeCell(once, { requests: 0, bad: 0 })).toEqual(once)
})

test('counts that cannot be are refused', () => {
  expect(() => judgeCell(startCatastrophe(), { requests: 1, bad: 2 })).toThrow(/2 bad of 1 requests/)
  expect(() => judgeCell(startCatastrophe(), { requests: Number.NaN, bad: 0 })).toThrow(/0 bad of NaN requests/)
})
