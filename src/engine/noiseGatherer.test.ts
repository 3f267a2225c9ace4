import { describe, expect, test, vi } from 'vitest'
import { unmeasuredNoise } from '../domain/analysis/noise.ts'
import { noiseFrom } from '../domain/analysis/noiseHistory.ts'
import type { Judge } from '../domain/rollout/judge.ts'
import { createEngine } from './createEngine.ts'
import { createNoiseGatherer } from './noiseGatherer.ts'
import type { Cell } from './ports.ts'
import {
  createSimulatedWorld,
  organisationOf,
  type SimulatedWorld,
  type WorldPlan,
} from './simulation/simulatedWorld.fixture.ts'
import { seeded } from '../domain/analysis/simulated.fixture.ts'

// Minutes of a made-up world: seconds on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 120_000 })

const plan: WorldPlan = { nature: 'sound', trip: 'full', keepPrevious: 'until-bake', hosts: 4 }
const startMs = 1_700_000_100_000

async function engineOf(world: SimulatedWorld) {
  const engine = createEngine(world.ports)
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.api.addBuild({ service: 'cart', from: 'new', name: 'new' })
  return engine
}

/** Seconds of four hosts, each with 50 requests of which 1 % fail, `burst` at a time. */
function seconds(count: number, burst: number, environment = 'production', hosts = 4): readonly Cell[] {
  const uniform = seeded(7)
  return Array.from({ length: count }, (_, second) =>
    Array.from({ length: hosts }, (__, host): Cell => {
      let bad = 0
      for (let i = 0; i < 50; i += 1) if (uniform() < 0.01 / burst) bad += burst
      const to = startMs + second * 1_000 + 1
      return {
        n: second,
        from: to - 1_000,
        to,
        environment,
        service: 'cart',
        layer: 'stable',
        host: String(host + 1),
        build: 'first',
        requests: 50,
        bad: Math.min(50, bad),
        aborted: 0,
        durations: [],
        byCode: {},
      }
    }),
  ).flat()
}

async function pass(world: SimulatedWorld, ms: number): Promise<void> {
  const endMs = world.clock.now() + ms
  while (world.clock.now() < endMs) {
    await new Promise((resolve) => setImmediate(resolve))
    world.clock.next()
  }
}

describe('cells become what is known of the roughness of a service', () => {
  async function learned(cells: readonly Cell[]) {
    const world = createSimulatedWorld(plan)
    await engineOf(world)
    const gatherer = createNoiseGatherer(world.ports)
    for (let at = 0; at < cells.length; at += 40) await gatherer.add(cells.slice(at, at + 40))
    const stored = await world.ports.store.load('noise', 'production/cart')
    return {
      blocks: stored?.document.blocks['errors']?.length ?? 0,
      noise: noiseFrom(stored?.document)['errors'],
      world,
    }
  }

  test('every five minutes, and bursts are seen', async () => {
    const { blocks, noise } = await learned(seconds(46 * 60, 5))
    expect(blocks).toBeGreaterThanOrEqual(8)
    expect(noise?.phi).toBeGreaterThan(3)
  })

  test('calm failures stay near what is assumed, and four hosts never below it', async () => {
    const { noise } = await learned(seconds(46 * 60, 1))
    expect(noise?.phi).toBeGreaterThanOrEqual(unmeasuredNoise.phi)
    expect(noise?.phi).toBeLessThan(2)
  })

  test('not where there is no canary, nor while a host is missing', async () => {
    expect((await learned(seconds(46 * 60, 5, 'staging'))).blocks).toBe(0)
    expect((await learned(seconds(46 * 60, 5, 'production', 3))).blocks).toBe(0)
  })

  test('seconds that are read again after a restart count once', async () => {
    const cells = seconds(46 * 60, 5)
    const { world, blocks } = await learned(cells)
    const again = createNoiseGatherer(world.ports)
    await again.add(cells)
    const stored = await world.ports.store.load('noise', 'production/cart')
    expect(stored?.document.blocks['errors']).toHaveLength(blocks)
  })
})

describe('the next rollout is judged by it', () => {
  test.each([
    ['what was learned', 5, (phi: number) => phi > 3],
    ['what is assumed, without a history', 0, (phi: number) => phi === unmeasuredNoise.phi],
  ])('%s, and judged again it is the same bit for bit', async (_, burst, isRight) => {
    const world = createSimulatedWorld(plan)
    const engine = await engineOf(world)
    if (burst > 0) await createNoiseGatherer(world.ports).add(seconds(46 * 60, burst))
    await engine.start()
    await pass(world, 65_000)
    await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
    const judge = async () => (await world.ports.store.list('judge'))[0]?.document as Judge | undefined
    for (let ms = 0; ms < 60_000 && ((await judge())?.slices ?? 0) < 3; ms += 500) await pass(world, 500)
    expect(isRight((await judge())?.state.metrics[0]?.noise.phi ?? 0)).toBe(true)
    expect(await engine.api.replay('p-1')).toMatchObject({ identical: true })
  })
})
