import { compileTable } from '../../domain/routing/compile.ts'
import { isActive } from '../../domain/rollout/rollout.ts'
import { isUnderWay, type Promotion } from '../../domain/promotion/promotion.ts'
import { createEngine, type Engine } from '../createEngine.ts'
import { loadWorld } from '../world.ts'
import { createChaos, type ChaosPlan, type Life } from './chaos.fixture.ts'
import { createRandom, type Random } from './random.fixture.ts'
import {
  createSimulatedWorld,
  digestOf,
  organisationOf,
  type Nature,
  type SimulatedWorld,
  type WorldPlan,
} from './simulatedWorld.fixture.ts'

/** Most schedules are of the shortest trip: it has every transition of both machines but the shares and the bake. */
const trips: readonly [WorldPlan['trip'], ...WorldPlan['trip'][]] = [
  'batches',
  'full',
  ...Array.from({ length: 14 }, () => 'replace' as const),
]

const naturesOf: Readonly<Record<WorldPlan['trip'], readonly [Nature, ...Nature[]]>> = {
  replace: ['sound', 'never-ready', 'crashes', 'fails-tests'],
  batches: ['sound', 'sound', 'errors', 'crashes'],
  full: ['sound', 'sound', 'errors', 'fails-tests', 'crashes'],
}

/** Everything that one seed decides. */
export interface Schedule {
  readonly world: WorldPlan
  readonly chaos: ChaosPlan
  /** A person wants it back so long after the start. */
  readonly wish?: { readonly kind: 'abort' | 'rollback'; readonly afterMs: number }
  /** So often an instance is killed. */
  readonly kills: number
}

/** What came of a schedule; `faults` is empty when every rule held. */
export interface Played {
  readonly schedule: Schedule
  readonly faults: readonly string[]
  readonly phase: string
  readonly cause?: string
  readonly calls: number
  readonly deaths: number
  readonly virtualMs: number
}

/** A promotion ends within this, whatever happened; longer is "never". */
const mostVirtualMs = 10 * 60_000

export function drawSchedule(seed: number): Schedule {
  const random = createRandom(seed)
  const trip = random.pick(trips)
  const natures = naturesOf[trip]
  const calls = trip === 'replace' ? 300 : 2_000
  const crashes = Array.from({ length: random.between(0, 4) }, () => ({
    atCall: random.between(1, calls),
    after: random.chance(0.5),
    atPut: random.chance(0.3),
  })).toSorted((a, b) => a.atCall - b.atCall)
  const wild = random.chance(0.6)
  const rate = (most: number) => (wild && random.chance(0.7) ? random.next() * most : 0)
  const world: WorldPlan = {
    nature: random.pick(natures),
    trip,
    keepPrevious: random.pick(['until-bake', 'until-bake', 'none']),
    hosts: trip === 'replace' ? random.between(1, 2) : 2,
  }
  const schedule: Schedule = {
    world,
    chaos: {
      crashes,
      fails: rate(0.06),
      loses: rate(0.06),
      repeats: rate(0.2),
      delays: rate(0.3),
      untilMs: 1_700_000_000_000 + 60_000,
    },
    ...(random.chance(0.25)
      ? {
          wish: {
            kind: trip === 'full' ? random.pick(['abort', 'rollback']) : 'abort',
            afterMs: random.between(0, trip === 'replace' ? 1_500 : 30_000),
          },
        }
      : {}),
    kills: random.chance(0.3) ? 1 : 0,
  }
  return { ...schedule, world: { ...world, stumbles: random.chance(0.2) } }
}

/** Plays one schedule to its end: the real engine, dying and coming back, in a simulated world. */
export async function runSchedule(seed: number, schedule: Schedule = drawSchedule(seed)): Promise<Played> {
  const random = createRandom(seed ^ 0x5eed)
  const world = createSimulatedWorld(schedule.world)
  await bootstrap(world, schedule.world)
  const beganMs = world.clock.now()
  const chaos = createChaos(world.ports, world.clock, random, { ...schedule.chaos, untilMs: beganMs + 60_000 })
  const crowd = createCrowd(schedule, world, random, beganMs)
  let life = chaos.begin()
  let engine = raise(life)
  let faults: readonly string[] = []
  for (;;) {
    await drain()
    if (life.isDead()) {
      world.clock.after(random.between(10, 3_000), () => undefined)
      life = chaos.begin()
      engine = raise(life)
      crowd.forget()
    }
    await crowd.act(engine)
    const ended = world.progress.ended ? await endedPromotions(world) : undefined
    faults = ended ? await settled(world, schedule, ended) : ['the promotion has not ended']
    if (world.faults.length > 0 || faults.length === 0) break
    if (world.clock.now() - beganMs > mostVirtualMs || !world.clock.next()) break
  }
  life.end()
  const last = (await promotionsOf(world))[0]
  return {
    schedule,
    faults: [...world.faults, ...faults],
    phase: last?.phase ?? 'none',
    ...(last?.result?.cause ? { cause: last.result.cause } : {}),
    calls: chaos.calls(),
    deaths: chaos.deaths(),
    virtualMs: world.clock.now() - beganMs,
  }
}

function raise(life: Life): Engine {
  const engine = createEngine(life.ports)
  void engine.start().catch((error: unknown) => {
    // Whoever starts it starts it again, as the supervisor would.
    if (!life.isDead()) life.end()
    return error
  })
  return engine
}

/** Lets everything that can go on without time do so. */
function drain(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The first configuration and both builds, without faults. */
async function bootstrap(world: SimulatedWorld, plan: WorldPlan): Promise<void> {
  const life = createChaos(world.ports, world.clock, createRandom(0), {
    crashes: [],
    fails: 0,
    loses: 0,
    repeats: 0,
    delays: 0,
    untilMs: 0,
  }).begin()
  const engine = createEngine(life.ports)
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.api.addBuild({ service: 'cart', from: 'new', name: 'new' })
  await engine.start()
  for (let step = 0; step < 1_000; step += 1) {
    await drain()
    const running = world.runtime.list()
    if (running.every((one) => one.phase === 'ready') && (await isInSync(world))) break
    world.clock.next()
  }
  world.watchTables()
  life.end()
}

interface Crowd {
  readonly act: (engine: Engine) => Promise<void>
  /** What was asked of a dead engine gets no answer any more. */
  readonly forget: () => void
}

/** The people and the accidents: somebody deploys until it was accepted, somebody may want it back, something is killed. */
function createCrowd(schedule: Schedule, world: SimulatedWorld, random: Random, beganMs: number): Crowd {
  let asking = false
  let wished = false
  let kills = schedule.kills
  const killAtMs = beganMs + random.between(0, 20_000)
  const once = (what: Promise<unknown>) => {
    asking = true
    void what.then(
      () => (asking = false),
      () => (asking = false),
    )
  }
  return {
    forget: () => {
      asking = false
    },
    act: async (engine) => {
      const nowMs = world.clock.now()
      if (kills > 0 && nowMs >= killAtMs) {
        kills -= 1
        const running = world.runtime.list().filter((one) => one.pid !== undefined)
        const victim = running[random.between(0, Math.max(0, running.length - 1))]
        if (victim) world.runtime.kill(victim.spec.id)
      }
      const { wish } = schedule
      if (asking) return
      if (!world.progress.requested) {
        const emergency =
          schedule.world.trip === 'batches' ? { emergency: { reason: 'shop is down', incident: 'INC-1' } } : {}
        return once(
          engine.api
            .deploy({ service: 'cart', build: 'new', by: 'ada', ...emergency })
            .catch((error: unknown) => error),
        )
      }
      if (!wish || wished || nowMs - beganMs < wish.afterMs) return
      const [promotion] = await promotionsOf(world)
      if (!promotion || !isUnderWay(promotion) || promotion.wish || promotion.phase === 'rolling-back') {
        wished = true
        return
      }
      once(
        wish.kind === 'abort'
          ? engine.api.abort(promotion.id, 'changed my mind', 'ada')
          : engine.api.rollback({ service: 'cart', by: 'ada' }),
      )
    },
  }
}

async function promotionsOf(world: SimulatedWorld): Promise<readonly Promotion[]> {
  return (await world.ports.store.list('promotion', {})).map((one) => one.document)
}

async function endedPromotions(world: SimulatedWorld): Promise<readonly Promotion[] | undefined> {
  const all = await promotionsOf(world)
  return all.length > 0 && !all.some(isUnderWay) ? all : undefined
}

async function isInSync(world: SimulatedWorld): Promise<boolean> {
  const stored = await loadWorld(world.ports.store)
  const compiled = compileTable({
    organisation: stored.organisation,
    pools: stored.pools.map((one) => one.document),
    rollouts: stored.rollouts.map((one) => one.document),
    doors: stored.doors,
    ports: new Map(world.runtime.list().map((one) => [one.spec.id, one.port])),
  })
  return JSON.stringify(world.gateway.table()?.environments) === JSON.stringify(compiled)
}

/** What must hold once everything has ended; empty when it does. */
async function settled(
  world: SimulatedWorld,
  { world: plan, wish }: Schedule,
  promotions: readonly Promotion[],
): Promise<readonly string[]> {
  const faults: string[] = []
  const [promotion] = promotions
  if (promotions.length !== 1 || !promotion) return [`${promotions.length} promotions; asked for one`]
  const stored = await loadWorld(world.ports.store)
  const rollouts = (await world.ports.store.list('rollout', {})).map((one) => one.document)
  for (const rollout of rollouts.filter(isActive))
    faults.push(`${rollout.id} is ${rollout.phase} after its promotion ended`)
  const outcome = promotion.phase === 'done' ? 'new' : 'old'
  if (!wish && outcome !== (plan.nature === 'sound' ? 'new' : 'old'))
    faults.push(`a build that is ${plan.nature} ended ${promotion.phase}: ${promotion.result?.text ?? ''}`)
  if (wish && plan.nature !== 'sound' && promotion.phase === 'done')
    faults.push(`a build that is ${plan.nature} ended done`)
  const wanted = new Set<string>()
  for (const { document: pool } of stored.pools) {
    const emergency = plan.trip === 'batches' && pool.environment === 'staging'
    const expected = digestOf(emergency ? 'old' : outcome)
    if (pool.stable.digest !== expected)
      faults.push(`${pool.environment} runs ${pool.stable.name} after ${promotion.phase}`)
    if (Object.keys(pool.instances).length !== plan.hosts)
      faults.push(`${pool.environment} has ${Object.keys(pool.instances).length} hosts`)
    for (const id of Object.values(pool.instances)) wanted.add(id)
  }
  const running = world.runtime.list()
  for (const one of running) {
    if (!wanted.has(one.spec.id)) faults.push(`${one.spec.id} is left over`)
    else if (one.phase !== 'ready') faults.push(`${one.spec.id} is ${one.phase}`)
    const pool = stored.pools.find(({ document }) => document.environment === one.spec.environment)?.document
    if (wanted.has(one.spec.id) && pool && one.spec.build.digest !== pool.stable.digest)
      faults.push(`${one.spec.id} runs ${one.spec.build.name}, its pool ${pool.stable.name}`)
  }
  if (running.length < wanted.size) faults.push(`${running.length} of ${wanted.size} instances run`)
  if (!(await isInSync(world))) faults.push('the gateway has another table than the one that is stored')
  const names =
    world.gateway
      .table()
      ?.environments.flatMap((one) => one.services.flatMap((service) => service.layers.map((layer) => layer.name))) ??
    []
  if (names.some((name) => name !== 'stable')) faults.push(`the table has ${names.join(', ')}`)
  return faults
}
