import { describe, expect, test, vi } from 'vitest'
import { createEngine } from './createEngine.ts'
import {
  createSimulatedWorld,
  organisationOf,
  type SimulatedWorld,
  type WorldPlan,
} from './simulation/simulatedWorld.fixture.ts'

// Minutes of a made-up world: seconds on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 120_000 })

const plan: WorldPlan = { nature: 'sound', trip: 'full', keepPrevious: 'until-bake', hosts: 2 }

async function pass(world: SimulatedWorld, ms: number): Promise<void> {
  const endMs = world.clock.now() + ms
  while (world.clock.now() < endMs) {
    await new Promise((resolve) => setImmediate(resolve))
    world.clock.next()
  }
}

/** Deploys in this world; the holds of `cannot-see` that were shown, and how it ended. */
async function deploy(changes: Partial<WorldPlan>) {
  const world = createSimulatedWorld({ ...plan, ...changes })
  const organisation = organisationOf({ ...plan, ...changes })
  const minimum = { ...organisation.pipeline.minimum, shareMs: 40_000 }
  const engine = createEngine(world.ports)
  await engine.api.apply({ ...organisation, pipeline: { ...organisation.pipeline, minimum } }, 'ada')
  await engine.api.addBuild({ service: 'cart', from: 'new', name: 'new' })
  await engine.start()
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  const promotion = () => engine.api.promotion('p-1')
  const seen = new Set<string>()
  for (let ms = 0; ms < 400_000 && (await promotion()).endedAt === undefined; ms += 1_000) {
    await pass(world, 1_000)
    const { holds, rollout } = await promotion()
    for (const hold of holds) if (hold.rule === 'cannot-see') seen.add(`${rollout?.verdict} ${hold.on}: ${hold.text}`)
  }
  const replayed = await engine.api.replay('p-1')
  return { seen: [...seen], result: (await promotion()).result, replayed }
}

describe('what a gateway deals is compared with the share that is set', () => {
  test('a gateway that gives the canary three times its share is a hold, and no verdict on the build', async () => {
    const { seen, result, replayed } = await deploy({ deals: 3 })
    expect(seen[0]).toMatch(
      /^cannot-see g1: gateway g1 sends 15 % of the requests to the canary \(\d+ of \d+\), where 5 % are set: its counts cannot be trusted$/,
    )
    expect(result).toMatchObject({ outcome: 'rolled-back', stage: 'canary', cause: 'cannot-see' })
    expect(result?.text).toContain('rolled back after 60 s without a measurement that can be trusted: gateway g1')
    expect(replayed).toMatchObject({ identical: true })
  })

  test.each([
    ['right', { deals: 1 }],
    ['a little beside', { deals: 1.15 }],
    ['by session, where one session may bring many requests', { deals: 3, pages: true }],
  ])('dealt %s, nothing is held and the build arrives', async (_, changes) => {
    const { seen, result } = await deploy(changes)
    expect(seen).toEqual([])
    expect(result).toMatchObject({ outcome: 'done' })
  })
})
