import { describe, expect, test } from 'vitest'
import { createEngine } from '../engine/createEngine.ts'
import type { Clock, Ports } from '../engine/ports.ts'
import {
  createSimulatedWorld,
  organisationOf,
  type SimulatedWorld,
  type WorldPlan,
} from '../engine/simulation/simulatedWorld.fixture.ts'
import { createSteadyClock } from './steadyClock.ts'

const hour = 3_600_000
const jumps = [hour, -hour, 24 * hour, -24 * hour]

function createHands(): { readonly clock: Clock; pass: (ms: number) => void; jump: (ms: number) => void } {
  let [wall, monotonic] = [1_700_000_000_000, 5_000]
  return {
    clock: { now: () => wall, monotonic: () => monotonic, after: () => () => undefined },
    pass: (ms) => {
      wall += ms
      monotonic += ms
    },
    jump: (ms) => void (wall += ms),
  }
}

describe('the clock', () => {
  test('is the system clock while that is steady', () => {
    const hands = createHands()
    const steady = createSteadyClock(hands.clock, 0)
    for (let n = 0; n < 100; n += 1) {
      hands.pass(777)
      expect(steady.now()).toBe(hands.clock.now())
    }
  })

  test.each(jumps)('a jump by %d ms moves it by at most a twentieth of the time that passes, and never back', (ms) => {
    const hands = createHands()
    const steady = createSteadyClock(hands.clock, 0)
    const start = steady.now()
    hands.jump(ms)
    let last = start
    for (let n = 1; n <= 600; n += 1) {
      hands.pass(1_000)
      const now = steady.now()
      expect(now).toBeGreaterThanOrEqual(last)
      expect(Math.abs(now - start - n * 1_000)).toBeLessThanOrEqual(n * 50 + 1)
      last = now
    }
    expect(Math.abs(last - start - 600_000)).toBeGreaterThan(29_000)
  })

  test('it arrives at the system clock in the end', () => {
    const hands = createHands()
    const steady = createSteadyClock(hands.clock, 0)
    hands.jump(10_000)
    for (let n = 0; n < 210; n += 1) {
      hands.pass(1_000)
      steady.now()
    }
    expect(steady.now()).toBe(hands.clock.now())
  })

  test('after a restart it goes on where the last event is, if the clock was set back meanwhile', () => {
    const hands = createHands()
    const steady = createSteadyClock(hands.clock, hands.clock.now() + hour)
    expect(steady.now()).toBe(hands.clock.now() + hour)
    hands.pass(1_000)
    expect(steady.now()).toBe(hands.clock.now() - 1_000 + hour + 950)
  })
})

describe('a promotion under a clock that jumps while the share is out', () => {
  const plan: WorldPlan = { nature: 'sound', trip: 'full', keepPrevious: 'until-bake', hosts: 2 }

  /** Ships the new build; the clock of control plane and gateway jumps in the canary. Returns how it ended. */
  async function ship(jumpMs: number, steadied: boolean) {
    const world = createSimulatedWorld(plan)
    let jumped = 0
    const jumping: Clock = { ...world.ports.clock, now: () => world.clock.now() + jumped }
    const ports: Ports = {
      ...world.ports,
      clock: steadied ? createSteadyClock(jumping, 0) : jumping,
      traffic: {
        ...world.ports.traffic,
        cells: async (gateway, after, waitMs) => {
          const answer = await world.ports.traffic.cells(gateway, after, waitMs)
          return {
            ...answer,
            cells: answer.cells.map((one) => ({ ...one, from: one.from + jumped, to: one.to + jumped })),
          }
        },
      },
    }
    const engine = createEngine(ports)
    await engine.api.apply(organisationOf(plan), 'ada')
    await engine.api.addBuild({ service: 'cart', from: 'new', name: 'new' })
    await engine.start()
    await pass(world, 65_000)
    await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
    const isOut = () =>
      world.gateway
        .table()
        ?.environments.some((one) => one.services.some(({ layers }) => layers.some(({ name }) => name === 'canary')))
    for (let ms = 0; ms < 60_000 && isOut() !== true; ms += 500) await pass(world, 500)
    expect(isOut()).toBe(true)
    jumped = jumpMs
    const ended = async () => (await engine.api.promotion('p-1')).endedAt !== undefined
    for (let ms = 0; ms < 3 * hour && !(await ended()); ms += 5_000) await pass(world, 5_000)
    const promotion = await engine.api.promotion('p-1')
    const events = await engine.api.events(0, 1_000)
    return { promotion, times: events.map(({ atMs }) => atMs) }
  }

  async function pass(world: SimulatedWorld, ms: number): Promise<void> {
    for (const endMs = world.clock.now() + ms; world.clock.now() < endMs; ) {
      await new Promise((resolve) => setImmediate(resolve))
      world.clock.next()
    }
  }

  test.each(jumps)('by %d ms: it arrives, and its events are in the order of their times', async (jumpMs) => {
    const { promotion, times } = await ship(jumpMs, true)
    expect(promotion.result).toMatchObject({ outcome: 'done' })
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  }, 120_000)

  test('the twin: without the steady clock a day forward takes a good build back, and an hour back disorders the events', async () => {
    const forward = await ship(24 * hour, false)
    expect(forward.promotion.result).toMatchObject({ outcome: 'rolled-back', cause: 'held-too-long' })
    const { times } = await ship(-hour, false)
    expect(times).not.toEqual(times.toSorted((a, b) => a - b))
  }, 120_000)
})
