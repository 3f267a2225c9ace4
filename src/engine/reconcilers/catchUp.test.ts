import { expect, test } from 'vitest'
import { createEngine } from '../createEngine.ts'
import type { Ports } from '../ports.ts'
import { createSimulatedWorld, organisationOf, type WorldPlan } from '../simulation/simulatedWorld.fixture.ts'

const plan: WorldPlan = { nature: 'sound', trip: 'full', keepPrevious: 'until-bake', hosts: 2 }

/** A world whose gateway says that it has this table already, until it is given a newer one. */
function worldAhead(generation: number, whenPut: (given: number) => void = () => undefined) {
  const world = createSimulatedWorld(plan)
  let has = generation
  const puts: number[] = []
  const said: string[] = []
  const traffic: Ports['traffic'] = {
    ...world.ports.traffic,
    state: async (gateway) => ({ ...(await world.ports.traffic.state(gateway)), generation: has }),
    put: async (gateway, bytes) => {
      const given = (JSON.parse(bytes) as { generation: number }).generation
      puts.push(given)
      whenPut(given)
      if (given <= has) return { applied: false, generation: has, problems: [] }
      const answer = await world.ports.traffic.put(gateway, bytes)
      has = given
      return answer
    },
  }
  const ports: Ports = {
    ...world.ports,
    traffic,
    report: (_kind, error) => void said.push(error instanceof Error ? error.message : String(error)),
  }
  return { world, ports, puts, said, has: () => has }
}

async function pass({ world }: ReturnType<typeof worldAhead>, ms: number): Promise<void> {
  const endMs = world.clock.now() + ms
  while (world.clock.now() < endMs) {
    await new Promise((resolve) => setImmediate(resolve))
    world.clock.next()
  }
}

test('after a restore the control plane goes on above the generation that the gateway has', async () => {
  const ahead = worldAhead(40)
  const engine = createEngine(ahead.ports)
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.start()
  await pass(ahead, 5_000)
  expect(ahead.puts[0]).toBe(41)
  expect(ahead.has()).toBeGreaterThan(40)
  expect((await engine.api.status()).gateways).toMatchObject([{ generation: ahead.has() }])
})

test('the gateway keeps its table while what the store says cannot serve, and is told once it can', async () => {
  const ahead = worldAhead(40)
  let holdsBack = true
  const list = ahead.ports.runtime.list
  const runtime: Ports['runtime'] = {
    ...ahead.ports.runtime,
    list: () => list().map((one) => (holdsBack ? { ...one, phase: 'starting' } : one)),
  }
  const engine = createEngine({ ...ahead.ports, runtime })
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.start()
  await pass(ahead, 120_000)
  expect(ahead.puts).toEqual([])
  expect(ahead.said.join()).toMatch(/has table 40, which is newer than the store: it keeps it until .*production\/cart/)
  holdsBack = false
  await pass(ahead, 2_000)
  expect(ahead.puts[0]).toBe(41)
})

test('one host of a layer that is never ready is not waited for longer than a minute', async () => {
  const ahead = worldAhead(40)
  const list = ahead.ports.runtime.list
  const runtime: Ports['runtime'] = {
    ...ahead.ports.runtime,
    list: () => list().map((one) => (one.spec.host === '2' ? { ...one, phase: 'starting' } : one)),
  }
  const engine = createEngine({ ...ahead.ports, runtime })
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.start()
  await pass(ahead, 50_000)
  expect(ahead.puts).toEqual([])
  await pass(ahead, 15_000)
  expect(ahead.puts[0]).toBe(41)
})

test('a table that is refused because the gateway has that very number is sent again under the next', async () => {
  const ahead = worldAhead(-1)
  const engine = createEngine(ahead.ports)
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.start()
  await pass(ahead, 2_000)
  const before = ahead.has()
  expect(ahead.puts.at(-1)).toBe(before)
  const twin = worldAhead(before)
  const deaf: Ports = {
    ...twin.ports,
    // Nothing was heard of it before the first table is sent.
    traffic: { ...twin.ports.traffic, state: async () => Promise.reject(new Error('no answer')) },
  }
  const other = createEngine(deaf)
  await other.api.apply(organisationOf(plan), 'ada')
  await other.start()
  await pass(twin, 5_000)
  expect(twin.has()).toBeGreaterThan(before)
})
