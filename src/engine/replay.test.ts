import { expect, test, vi } from 'vitest'
import type { Second } from '../domain/rollout/judge.ts'
import { createEngine, type Engine } from './createEngine.ts'
import type { Ports } from './ports.ts'
import {
  createSimulatedWorld,
  organisationOf,
  type SimulatedWorld,
  type WorldPlan,
} from './simulation/simulatedWorld.fixture.ts'

// Minutes of a made-up world: seconds on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 120_000 })

async function pass(world: SimulatedWorld, ms: number): Promise<void> {
  const endMs = world.clock.now() + ms
  while (world.clock.now() < endMs) {
    await new Promise((resolve) => setImmediate(resolve))
    world.clock.next()
  }
}

/** A canary that errs, from the command to its way back. */
async function rollBack(world: SimulatedWorld, ports: Ports): Promise<Engine> {
  const engine = createEngine(ports)
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.api.addBuild({ service: 'cart', from: 'new', name: 'new' })
  await engine.start()
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  for (let ms = 0; ms < 120_000 && (await engine.api.promotion('p-1')).phase !== 'rolled-back'; ms += 500)
    await pass(world, 500)
  return engine
}

const plan: WorldPlan = { nature: 'errors', trip: 'full', keepPrevious: 'until-bake', hosts: 2 }

test.each([
  ['as it was', 0, { identical: true }],
  ['with one bad request more', 1, { identical: false }],
  // More bad ones than requests: nothing could have stored that, so it is a difference and not a fault of the replay.
  ['with counts that cannot be', 1_000, { identical: false, difference: { replayed: /cannot be judged/ } }],
])('a stored second of an ended rollout %s', async (_, more, expected) => {
  const world = createSimulatedWorld(plan)
  let isChanged = false
  const store: Ports['store'] = {
    ...world.ports.store,
    observations: async (rollout, after, limit) => {
      const page = await world.ports.store.observations(rollout, after, limit)
      return page.map((one) => {
        const second = JSON.parse(one.json) as Second
        if (isChanged || second.home || !((second.arms?.canary.requests ?? 0) > 0)) return one
        isChanged = true
        const canary = { ...second.arms.canary, bad: second.arms.canary.bad + more }
        return { ...one, json: JSON.stringify({ ...second, arms: { ...second.arms, canary } }) }
      })
    },
  }
  const engine = await rollBack(world, { ...world.ports, store })
  const { identical, difference, decisions, slices } = await engine.api.replay('p-1')
  expect(isChanged).toBe(true)
  // A return within the first seconds was decided as well.
  if (expected.identical) expect(decisions).toBeGreaterThan(slices)
  expect({ identical, difference: difference?.replayed }).toMatchObject({
    identical: expected.identical,
    ...('difference' in expected ? { difference: expect.stringMatching(expected.difference.replayed) } : {}),
  })
})

test('seconds of two gateways with the same numbers are all stored, and give the same decisions again', async () => {
  const world = createSimulatedWorld(plan)
  const model = world.ports.traffic
  const traffic: Ports['traffic'] = {
    ...model,
    gateways: () => ['g1', 'g2'],
    put: async (gateway, bytes) => {
      if (gateway === 'g1') return model.put(gateway, bytes)
      const at = new Date(world.clock.now()).toISOString()
      const { generation } = JSON.parse(bytes) as { generation: number }
      return { applied: true, generation, appliedAt: at, durableAt: at }
    },
  }
  const reported: string[] = []
  const engine = await rollBack(world, {
    ...world.ports,
    traffic,
    report: (kind, error) => reported.push(`${kind}: ${String(error)}`),
  })
  expect(reported.filter((one) => one.startsWith('judge'))).toEqual([])
  expect(await engine.api.promotion('p-1')).toMatchObject({ phase: 'rolled-back' })
  const rollout = (await world.ports.store.list('judge'))[0]!.id
  const seconds = (await world.ports.store.observations(rollout, Number.MIN_SAFE_INTEGER, 1_000)).flatMap(
    ({ json }) => (JSON.parse(json) as Partial<Second>).gateway ?? [],
  )
  const of = (gateway: string) => seconds.filter((one) => one === gateway).length
  expect(of('g1')).toBeGreaterThan(2)
  expect(Math.abs(of('g1') - of('g2'))).toBeLessThanOrEqual(2)
  expect(await engine.api.replay('p-1')).toMatchObject({ identical: true })
})
