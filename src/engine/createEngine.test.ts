import { expect, test, vi } from 'vitest'
import { passHold } from './commands/changePromotion.ts'
import { createEngine } from './createEngine.ts'
import type { Ports } from './ports.ts'
import {
  createSimulatedWorld,
  organisationOf,
  type SimulatedWorld,
  type WorldPlan,
} from './simulation/simulatedWorld.fixture.ts'

// Minutes of a made-up world: seconds on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 120_000 })

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

test('an emergency arrives where nobody asks anything; a deploy is refused there, with a way', async () => {
  const world = createSimulatedWorld(plan)
  world.dials.rate = 0
  const engine = await engineOf(world)
  await pass(world, 15_000)
  const refused = await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  expect(refused).toMatchObject({
    accepted: false,
    holds: [{ rule: 'cannot-tell', help: expect.stringContaining('--emergency') as string }],
  })
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada', emergency })
  await pass(world, 120_000)
  expect(await engine.api.promotion('p-1')).toMatchObject({ phase: 'done' })
})

test('what the instances of a promotion wrote is found by it, also when they are gone', async () => {
  const world = createSimulatedWorld(plan)
  const runtime = { ...world.ports.runtime, logs: async (id: string) => [`of ${id}`] }
  const engine = await engineOf(world, { runtime })
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  await pass(world, 5_000)
  await engine.api.abort('p-1', 'enough', 'ada')
  await pass(world, 30_000)
  expect(await engine.api.promotion('p-1')).toMatchObject({ phase: 'rolled-back' })
  const guest = 'production/canary-1 of production-cart-canary-1-r-1-2'
  expect(await engine.api.logs({ service: 'cart', lines: 5 })).not.toContain(guest)
  expect(await engine.api.logs({ service: 'cart', promotion: 'p-1', lines: 5 })).toContain(guest)
  expect(await engine.api.logs({ service: 'cart', promotion: 'p-1', host: 'canary-1', lines: 5 })).toEqual([guest])
  await expect(engine.api.logs({ service: 'cart', promotion: 'p-9', lines: 5 })).rejects.toThrow('p-9')
})

test('a changed setting restarts nothing; it ships as a build does, and goes back as one', async () => {
  const world = createSimulatedWorld(plan)
  const engine = await engineOf(world)
  const first = organisationOf(plan)
  const organisation = {
    ...first,
    environments: first.environments.map((one) => ({
      ...one,
      settings: { cart: { SIZE: { kind: 'value' as const, value: '20' } } },
    })),
  }
  const given = () =>
    world.runtime
      .list()
      .filter(({ spec }) => spec.environment === 'production')
      .map(({ spec }) => `${spec.host} ${spec.settings['SIZE']?.kind ?? 'none'}`)
      .toSorted()
  const older = async () =>
    (await engine.api.status()).environments
      .find((one) => one.name === 'production')
      ?.services.map((one) => one.olderSettings)
  const ship = async () => {
    const answer = await engine.api.deploy({ service: 'cart', build: 'first', by: 'ada', emergency })
    await pass(world, 60_000)
    return answer
  }
  expect(await ship()).toMatchObject({ value: { already: true } })
  await engine.api.apply(organisation, 'ada')
  await pass(world, 60_000)
  expect(given()).toEqual(['1 none', '2 none'])
  expect(await older()).toEqual([['SIZE']])
  expect(await ship()).toMatchObject({ value: { already: false, promotion: { id: 'p-1' } } })
  expect(await engine.api.promotion('p-1')).toMatchObject({ phase: 'done' })
  expect(given()).toEqual(['1 value', '2 value'])
  expect(await older()).toEqual([undefined])
  expect(await ship()).toMatchObject({ value: { already: true } })
  await expect(engine.api.rollback({ service: 'cart', to: 'first', by: 'ada' })).rejects.toThrow('already runs first')
  await engine.api.rollback({ service: 'cart', by: 'ada' })
  await pass(world, 60_000)
  expect(await engine.api.promotion('p-2')).toMatchObject({ phase: 'done' })
  expect(given()).toEqual(['1 none', '2 none'])
  expect(await older()).toEqual([['SIZE']])
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

test('a test whose run fails is tried eight times, then waits for a person who tries it again', async () => {
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
  while (runs < 2) await pass(world, 200)
  await pass(world, 500)
  expect(runs).toBe(2)
  expect((await engine.api.promotion('p-1')).holds[0]).toMatchObject({
    rule: 'tests-running',
    text: 'the tests of staging cannot be run (2 of 8 tries): no shell',
    until: expect.any(String) as string,
    help: 'It is tried again by itself.',
  })
  await pass(world, 600_000)
  expect(runs).toBe(8)
  expect((await engine.api.promotion('p-1')).holds[0]).toMatchObject({
    text: 'the tests of staging cannot be run (8 of 8 tries): no shell',
    help: expect.stringContaining('`cofferdam promotion retry p-1`') as string,
  })
  broken = false
  await pass(world, 60_000)
  expect(runs).toBe(8)
  expect(await engine.api.retry('p-1', 'the shell is back', 'ada')).toMatchObject({ accepted: true })
  await pass(world, 5_000)
  expect((await engine.api.promotion('p-1')).stages[0]?.phase).toBe('passed')
})

test.each([
  ['fails', () => Promise.reject(new Error('no memory'))],
  ['never ends', () => new Promise<never>(() => undefined)],
])('a start that %s keeps no traffic from going back', async (_, start) => {
  const world = createSimulatedWorld(plan)
  let refuses = false
  const runtime: Ports['runtime'] = {
    ...world.ports.runtime,
    ensure: async (spec) => (refuses ? start() : world.ports.runtime.ensure(spec)),
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

test('an instance that cannot be started keeps no other one waiting, nor the end of what is not wanted', async () => {
  const world = createSimulatedWorld(plan)
  let broken = true
  const runtime: Ports['runtime'] = {
    ...world.ports.runtime,
    ensure: async (spec) => {
      if (broken && spec.host === 'canary-1') throw new Error('no port')
      return world.ports.runtime.ensure(spec)
    },
  }
  const engine = await engineOf(world, { runtime })
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  const running = () => world.runtime.list().map((one) => one.spec.host)
  for (let ms = 0; ms < 20_000 && !running().includes('baseline-1'); ms += 200) await pass(world, 200)
  expect(running()).toContain('baseline-1')
  expect(world.runtime.list().filter((one) => one.spec.environment === 'staging')).toHaveLength(2)
  broken = false
  await pass(world, 2_000)
  expect(running()).toContain('canary-1')
})

test('what a build still answers after its traffic was taken is counted: when it served last, and how much', async () => {
  const world = createSimulatedWorld({ ...plan, nature: 'errors' })
  let late = 0
  const traffic: Ports['traffic'] = {
    ...world.ports.traffic,
    cells: async (gateway, after, waitMs) => {
      const page = await world.ports.traffic.cells(gateway, after, waitMs)
      const went = (await world.ports.store.list('rollout', { phases: ['rolling-back', 'rolled-back'] })).some(
        (one) => one.document.environment === 'production',
      )
      const sample = page.cells.find((cell) => cell.layer === 'stable')
      if (!went || !sample || late > 0) return page
      late = sample.to
      return { ...page, cells: [...page.cells, { ...sample, layer: 'canary', requests: 7, bad: 0 }] }
    },
  }
  const engine = await engineOf(world, { traffic })
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  const promotion = () => engine.api.promotion('p-1')
  for (let ms = 0; ms < 60_000 && ((await promotion()).phase !== 'rolled-back' || late === 0); ms += 500)
    await pass(world, 500)
  await pass(world, 3_000)
  const { result, rollout } = await promotion()
  expect(result?.at.lastServed).toBe(new Date(late).toISOString())
  expect(Date.parse(result?.at.lastServed ?? '')).toBeGreaterThan(Date.parse(result?.at.decided ?? ''))
  expect(rollout?.arms.canary.requests).toBeGreaterThan(result?.canary?.requests ?? 0)
  // And it is still the same, bit for bit, when it is judged again.
  expect(await engine.api.replay('p-1')).toMatchObject({ identical: true })
})

test('a rollout whose judge cannot be saved does not keep the seconds of all others from being read', async () => {
  const world = createSimulatedWorld(plan)
  const store: Ports['store'] = {
    ...world.ports.store,
    commit: async (write) => {
      if (write.documents?.some((one) => one.kind === 'judge')) throw new Error('no space')
      return world.ports.store.commit(write)
    },
  }
  const asked: number[] = []
  const traffic: Ports['traffic'] = {
    ...world.ports.traffic,
    cells: async (gateway, after, waitMs) => {
      asked.push(after)
      return world.ports.traffic.cells(gateway, after, waitMs)
    },
  }
  const engine = await engineOf(world, { store, traffic })
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  await pass(world, 30_000)
  expect((await engine.api.promotion('p-1')).rollout?.phase).toBe('holding')
  const then = asked.at(-1) ?? 0
  await pass(world, 20_000)
  expect(asked.at(-1)).toBeGreaterThan(then + 10)
})

test('a step that is passed while the next one starts is the step before: the next one is judged', async () => {
  const world = createSimulatedWorld(plan)
  const engine = await engineOf(world)
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  const { store } = world.ports
  const own = async () => (await store.list('rollout')).find((one) => one.document.environment === 'production')
  for (let ms = 0; ms < 30_000 && (await own())?.document.step !== 1; ms += 50) await pass(world, 50)
  const preparing = await own()
  if (!preparing) throw new Error('no rollout')
  await store.commit({
    documents: [
      {
        ...preparing,
        kind: 'rollout',
        document: { ...preparing.document, phase: 'preparing' },
        service: 'cart',
        phase: 'preparing',
      },
    ],
  })
  await passHold({ ...world.ports, store }, 'p-1', 'it is fine', 'ada')
  expect((await own())?.document.passedStep).toBe(0)
})

test('hosts that are configured while a rollout moves come when it has ended', async () => {
  const world = createSimulatedWorld(plan)
  const engine = await engineOf(world)
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
  await pass(world, 2_000)
  const { environments, ...rest } = organisationOf(plan)
  await engine.api.apply({ ...rest, environments: environments.map((one) => ({ ...one, hosts: { cart: 3 } })) }, 'ada')
  const hosts = async () =>
    (await world.ports.store.list('pool')).map(({ document }) => [
      document.hosts,
      Object.keys(document.instances).length,
    ])
  expect(await hosts()).toEqual([
    [2, 2],
    [2, 2],
  ])
  for (let ms = 0; ms < 120_000 && (await engine.api.promotion('p-1')).phase !== 'done'; ms += 1_000)
    await pass(world, 1_000)
  expect((await engine.api.promotion('p-1')).phase).toBe('done')
  await pass(world, 61_000)
  expect(await hosts()).toEqual([
    [3, 3],
    [3, 3],
  ])
  expect(world.runtime.list().filter((one) => one.phase === 'ready')).toHaveLength(6)
  expect(new Set(world.runtime.list().map((one) => one.spec.build.name))).toEqual(new Set(['new']))
})

test('a promotion is shown with its rollouts however many came after it', async () => {
  const world = createSimulatedWorld(plan)
  const engine = await engineOf(world)
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada', emergency })
  for (let ms = 0; ms < 60_000 && (await engine.api.promotion('p-1')).phase !== 'done'; ms += 1_000)
    await pass(world, 1_000)
  const [one] = await world.ports.store.list('rollout')
  if (!one) throw new Error('no rollout')
  const later = Array.from({ length: 1_001 }, (_, index) => ({ ...one.document, id: `r-x-${index}`, promotion: 'p-9' }))
  await world.ports.store.commit({
    documents: later.map((document) => ({
      kind: 'rollout',
      id: document.id,
      revision: 0,
      document,
      service: 'cart',
      phase: document.phase,
    })),
  })
  expect((await engine.api.promotion('p-1')).rollout).toMatchObject({ phase: 'complete', hosts: { onNew: 2 } })
})

test('the newest ended promotions can be judged again; of the others the result stays, and it is said', async () => {
  const world = createSimulatedWorld({ ...plan, nature: 'errors' })
  const engine = await engineOf(world)
  await engine.api.apply({ ...organisationOf(plan), keep: { observations: 2 } }, 'ada')
  await pass(world, 65_000)
  for (const id of ['p-1', 'p-2', 'p-3']) {
    await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada', emergency })
    for (let ms = 0; ms < 60_000 && (await engine.api.promotion(id)).endedAt === undefined; ms += 500)
      await pass(world, 500)
    await pass(world, 500)
  }
  const kept = async (id: string) => {
    const rollouts = (await world.ports.store.list('rollout')).filter((one) => one.document.promotion === id)
    const found = await Promise.all(rollouts.map((one) => world.ports.store.observations(one.id, -1, 1_000)))
    return found.flat().length > 0
  }
  expect([await kept('p-1'), await kept('p-2'), await kept('p-3')]).toEqual([false, true, true])
  await expect(engine.api.replay('p-1')).rejects.toThrow(/p-1 cannot be judged again: .* no longer kept since/)
  expect(await engine.api.replay('p-2')).toMatchObject({ identical: true })
  expect((await engine.api.promotion('p-1')).result).toMatchObject({ outcome: 'rolled-back' })
  const events = await world.ports.store.events(0, 1_000)
  expect(events.filter((one) => one.kind === 'observations.forgotten').map((one) => one.on)).toEqual(['p-1'])
})

test('the series of a long promotion has all its seconds', async () => {
  const world = createSimulatedWorld(plan)
  const engine = await engineOf(world)
  await pass(world, 65_000)
  await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada', emergency })
  for (let ms = 0; ms < 60_000 && (await engine.api.promotion('p-1')).phase !== 'done'; ms += 1_000)
    await pass(world, 1_000)
  const [rollout] = await world.ports.store.list('rollout')
  if (!rollout) throw new Error('no rollout')
  const arm = { requests: 1, bad: 0, durations: [] }
  const more = Array.from({ length: 2_500 }, (_, index) => ({
    rollout: rollout.id,
    n: 9_000_000_000 + index,
    json: JSON.stringify({
      n: 9_000_000_000 + index,
      step: 0,
      toMs: 9e12 + index * 1_000,
      arms: { canary: arm, baseline: arm, stable: arm },
    }),
  }))
  await world.ports.store.commit({ observations: more })
  const series = await engine.api.series('p-1', { sliceMs: 10_000 })
  const late = series.filter((one) => one.n >= 9_000_000_000)
  expect(late.at(-1)?.n).toBe(9_000_000_000 + 2_499)
  expect(late.reduce((sum, one) => sum + one.canary.requests, 0)).toBe(2_500)
})

test.each([
  ['by its own seconds alone when it is killed before the first of them is saved', true],
  ['by its own seconds alone when it lives', false],
])('the next build under the same layers is judged %s', async (_, isKilled) => {
  const world = createSimulatedWorld(plan)
  let mayJudge = true
  const store: Ports['store'] = {
    ...world.ports.store,
    commit: async (write) => {
      if (!mayJudge && write.documents?.some((one) => one.kind === 'judge')) throw new Error('killed')
      return world.ports.store.commit(write)
    },
  }
  let engine = await engineOf(world, { store })
  await pass(world, 65_000)
  const ship = async (id: string, until: (phase: string | undefined) => boolean) => {
    await engine.api.deploy({ service: 'cart', build: 'new', by: 'ada' })
    for (let ms = 0; ms < 400_000 && !until((await rolloutOf(id))?.document.phase); ms += 200) await pass(world, 200)
  }
  const rolloutOf = async (promotion: string) =>
    (await world.ports.store.list('rollout')).find(
      ({ document }) => document.promotion === promotion && document.environment === 'production',
    )
  await ship('p-1', (phase) => phase === 'complete')
  await engine.api.rollback({ service: 'cart', by: 'ada' })
  await pass(world, 20_000)
  mayJudge = !isKilled
  await ship('p-3', (phase) => phase === 'holding')
  if (isKilled) {
    await Promise.all([engine.stop(), pass(world, 5_000)])
    mayJudge = true
    engine = createEngine({ ...world.ports, store })
    await engine.start()
  }
  await pass(world, 10_000)
  const rollout = await rolloutOf('p-3')
  const seconds = (await world.ports.store.observations(rollout?.id ?? '', -1, 5_000))
    .map((one) => JSON.parse(one.json) as { readonly toMs?: number })
    .flatMap((one) => one.toMs ?? [])
  expect(seconds.length).toBeGreaterThan(5)
  expect(Math.min(...seconds)).toBeGreaterThan(rollout?.document.startedAtMs ?? Number.POSITIVE_INFINITY)
})
