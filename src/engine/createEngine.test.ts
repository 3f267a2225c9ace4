import { expect, test } from 'vitest'
import { createEngine } from './createEngine.ts'
import type { Ports } from './ports.ts'
import {
  createSimulatedWorld,
  organisationOf,
  type SimulatedWorld,
  type WorldPlan,
} from './simulation/simulatedWorld.fixture.ts'

const plan: WorldPlan = { nature: 'sound', trip: 'full', keepPrevious: 'until-bake', hosts: 2 }

/** An engine whose calls to the store take a turn each, as a database's do. */
async function engineOf(world: SimulatedWorld, changes: Partial<Ports> = {}) {
  const engine = createEngine({ ...world.ports, ...changes })
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.api.addBuild({ service: 'cart', from: 'new', name: 'new' })
  await engine.start()
  return engine
}

async function pass(world: SimulatedWorld, ms: number): Promise<void> {
  const endMs = world.clock.now() + ms
  while (world.clock.now() < endMs) {
    await new Promise((resolve) => setImmediate(resolve))
    world.clock.next()
  }
}

const emergency = { reason: 'shop is down', incident: 'INC-1' }

test('of two deploys at once one is accepted, the other is told by whom the service is held', async () => {
  const world = createSimulatedWorld(plan)
  const engine = await engineOf(world)
  const deploy = () => engine.api.deploy({ service: 'cart', build: 'new', by: 'ada', emergency })
  const answers = await Promise.all([deploy(), deploy(), deploy()])
  expect(answers.filter((one) => one.accepted)).toHaveLength(1)
  expect(answers.filter((one) => !one.accepted)).toMatchObject([
    { holds: [{ rule: 'service-busy', on: 'p-1' }] },
    { holds: [{ rule: 'service-busy', on: 'p-1' }] },
  ])
  expect(await engine.api.promotions({})).toHaveLength(1)
})

test('a keyed request whose answer was lost is given what it began, and begins nothing twice', async () => {
  const world = createSimulatedWorld(plan)
  const engine = await engineOf(world)
  const deploy = (requestKey: string) =>
    engine.api.deploy({ service: 'cart', build: 'new', by: 'ada', emergency, requestKey })
  const first = await deploy('k-1')
  expect(first).toMatchObject({ accepted: true, value: { already: false, promotion: { id: 'p-1' } } })
  expect(await deploy('k-1')).toMatchObject({ accepted: true, value: { promotion: { id: 'p-1' } } })
  expect(await deploy('k-2')).toMatchObject({ accepted: false, holds: [{ rule: 'service-busy' }] })
  const back = (requestKey: string) => engine.api.rollback({ service: 'cart', by: 'ada', requestKey })
  expect(await back('k-3')).toMatchObject({ value: { id: 'p-1' } })
  await pass(world, 30_000)
  expect(await engine.api.promotion('p-1')).toMatchObject({ phase: 'rolled-back' })
  // It is back: asked once more, the same request must not go one build further back, nor begin anew.
  expect(await back('k-3')).toMatchObject({ value: { id: 'p-1', phase: 'rolled-back' } })
  expect(await deploy('k-1')).toMatchObject({ value: { promotion: { id: 'p-1' } } })
  expect(await engine.api.promotions({})).toHaveLength(1)
  expect(await deploy('k-4')).toMatchObject({ value: { promotion: { id: 'p-2' } } })
})

test('a name that is not there is refused with what was meant, wherever it is asked for', async () => {
  const world = createSimulatedWorld(plan)
  const { api } = await engineOf(world)
  const asked = [
    api.builds({ service: 'crat' }),
    api.promotions({ service: 'crat' }),
    api.logs({ service: 'crat', lines: 1 }),
    api.plan({ service: 'crat', build: 'new' }),
    api.deploy({ service: 'crat', build: 'new', by: 'ada' }),
  ]
  for (const one of asked)
    await expect(one).rejects.toMatchObject({
      code: 'unknown-service',
      message: 'there is no service "crat" (did you mean "cart"?); there are cart',
    })
  await expect(api.logs({ service: 'cart', environment: 'prodution', lines: 1 })).rejects.toThrow('"production"')
  await expect(api.plan({ service: 'cart', build: 'nwe' })).rejects.toThrow('did you mean "new"?')
  await expect(api.plan({ service: 'cart', build: '12ab' })).rejects.toThrow('at least 8 digits')
  expect(await api.builds({ service: 'cart' })).toHaveLength(2)
})

test('a test whose run fails is run again now and then, not in circles', async () => {
  const world = createSimulatedWorld(plan)
  let runs = 0
  let broken = true
  const tests: Ports['tests'] = {
    run: async (test, context) => {
      runs += 1
      if (broken) throw new Error('no shell')
      return world.ports.tests.run(test, context)
    },
  }
  const engine = await engineOf(world, { tests })
  await pass(world, 65_000)
  const answer = await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  expect(answer.accepted).toBe(true)
  await pass(world, 20_000)
  expect(runs).toBeGreaterThan(2)
  expect(runs).toBeLessThan(30)
  expect((await engine.api.promotion('p-1')).holds.map((hold) => hold.rule)).toEqual(['tests-running'])
  broken = false
  await pass(world, 5_000)
  expect((await engine.api.promotion('p-1')).stages[0]?.phase).toBe('passed')
})

test("an instance that cannot be started does not keep another service's traffic from going back", async () => {
  const world = createSimulatedWorld(plan)
  let refuses = false
  const runtime: Ports['runtime'] = {
    ...world.ports.runtime,
    ensure: async (spec) => {
      if (refuses) throw new Error('no memory')
      return world.ports.runtime.ensure(spec)
    },
  }
  const engine = await engineOf(world, { runtime })
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  const layers = () => world.gateway.table()?.environments[1]?.services[0]?.layers.map((layer) => layer.name)
  for (let ms = 0; ms < 20_000 && !layers()?.includes('canary'); ms += 200) await pass(world, 200)
  expect(layers()).toEqual(['canary', 'baseline', 'stable'])
  refuses = true
  // A host is gone for good and cannot come back: starting it fails at each pass.
  await world.ports.runtime.remove('production-cart-2-0').catch(() => undefined)
  await pass(world, 500)
  await engine.api.abort('p-1', 'enough', 'ada')
  await pass(world, 1_500)
  expect(layers()).toEqual(['stable'])
})
