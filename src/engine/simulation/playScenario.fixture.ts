import type { RouteTable } from '../../domain/routing/table.ts'
import type { PromotionDocument } from '../api.ts'
import { createEngine, type Engine } from '../createEngine.ts'
import type { Ports } from '../ports.ts'
import { createChaos, type Life } from './chaos.fixture.ts'
import { createRandom } from './random.fixture.ts'
import { createSimulatedWorld, organisationOf, type Nature, type SimulatedWorld } from './simulatedWorld.fixture.ts'

/** No story takes longer than this to get where it wants to. */
const mostMs = 15 * 60_000
/** Holds come and go with every pass; people look once a second. */
const lookEveryMs = 1_000
const noChaos = { crashes: [], fails: 0, loses: 0, repeats: 0, delays: 0, untilMs: 0 }

interface Stage {
  readonly world: SimulatedWorld
  readonly lines: string[]
  life: Life
  engine: Engine
  reachable: boolean
  events: number
  holds: ReadonlySet<string>
  layers: string
  beganMs: number
  lookedAtMs: number
  /** Longest wait of one `until`. */
  readonly longestMs: number
}

/**
 * Plays a story written in commands, one a line, against the whole engine on a world that is made up, with a clock that
 * moves when it is told to; returns what a person would have seen. Commands: `world`, `deploy`, `until`, `wait`, `abort`,
 * `rollback`, `pass`, `traffic`, `gateway`, `control-plane`, `show`; a line that begins with `#` is a remark.
 */
export async function playScenario(text: string, longestMs = mostMs): Promise<string> {
  const [first = '', ...rest] = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const stage = await open(first, longestMs)
  const remarks = text.split('\n').filter((line) => line.startsWith('#'))
  stage.lines.push(...remarks, '', `> ${first}`)
  for (const line of rest) {
    stage.lines.push(`> ${line}`)
    await perform(stage, line)
    await look(stage)
  }
  if (stage.world.faults.length > 0) stage.lines.push(`FAULTS: ${stage.world.faults.join('; ')}`)
  stage.life.end()
  return `${stage.lines.join('\n')}\n`
}

/** `world errors hosts=4 bad=0.05 stumbles`: what the new build is like, and where it comes to. */
async function open(line: string, longestMs: number): Promise<Stage> {
  const [command, nature = 'sound', ...words] = line.split(' ')
  if (command !== 'world') throw new Error(`a scenario begins with "world", not with "${line}"`)
  const value = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
  const plan = {
    nature: nature as Nature,
    trip: 'full',
    keepPrevious: 'until-bake',
    hosts: Number(value('hosts') ?? 4),
    stumbles: words.includes('stumbles'),
  } as const
  const world = createSimulatedWorld(plan)
  world.dials.badness = Number(value('bad') ?? world.dials.badness)
  const reach = { reachable: true }
  const ports = { ...world.ports, traffic: reachableTraffic(world.ports.traffic, reach) }
  const life = createChaos(ports, world.clock, createRandom(1), noChaos).begin()
  const engine = createEngine(life.ports)
  await engine.api.apply(organisationOf(plan), 'ada')
  await engine.api.addBuild({ service: 'cart', from: 'new', name: 'new' })
  const stage: Stage = Object.assign(reach, {
    world: { ...world, ports },
    lines: [],
    life,
    engine,
    events: 0,
    holds: new Set<string>(),
    layers: '',
    beganMs: world.clock.now(),
    lookedAtMs: 0,
    longestMs,
  })
  await engine.start()
  await run(stage, 70_000)
  // The story begins when everything stands.
  stage.events = await world.ports.store.lastEventId()
  stage.beganMs = world.clock.now()
  stage.layers = layersText(world.gateway.table())
  stage.lines.length = 0
  return stage
}

function reachableTraffic(traffic: Ports['traffic'], reach: { readonly reachable: boolean }): Ports['traffic'] {
  const guarded =
    <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) =>
    (...args: A) =>
      reach.reachable ? call(...args) : Promise.reject(new Error('it does not answer'))
  return {
    ...traffic,
    state: guarded(traffic.state),
    put: guarded(traffic.put),
    watched: guarded(traffic.watched),
    cells: guarded(traffic.cells),
    pools: guarded(traffic.pools),
  }
}

async function perform(stage: Stage, line: string): Promise<void> {
  const [command = '', word = ''] = line.split(' ')
  const rest = line.slice(command.length + 1)
  const { engine, world } = stage
  switch (command) {
    case 'deploy': {
      const emergency = { reason: 'the shop is down', incident: 'INC-1' }
      const isEmergency = rest.endsWith('emergency')
      const build = word === '' || word === 'emergency' ? 'new' : word
      const asked = { service: 'cart', build, by: 'ada', ...(isEmergency ? { emergency } : {}) }
      const answer = await engine.api.deploy(asked)
      if (!answer.accepted)
        for (const hold of answer.holds) say(stage, `refused: ${hold.rule} on ${hold.on}: ${hold.text}`)
      return
    }
    case 'abort':
      return void (await engine.api.abort('p-1', rest, 'ada'))
    case 'rollback':
      return void (await engine.api.rollback({ service: 'cart', by: 'ada', reason: rest }))
    case 'pass':
      return void (await engine.api.pass('p-1', rest, 'ada'))
    case 'wait':
      return run(stage, Number(word.replace(/s$/, '')) * 1_000)
    case 'until':
      return until(stage, rest)
    case 'traffic':
      world.dials.rate = Number(word)
      return
    case 'gateway':
      stage.reachable = word === 'answers'
      return
    case 'control-plane':
      if (word === 'dies') return stage.life.end()
      stage.life = createChaos(world.ports, world.clock, createRandom(1), noChaos).begin()
      stage.engine = createEngine(stage.life.ports)
      return stage.engine.start()
    case 'show':
      return show(stage)
    default:
      throw new Error(`a scenario knows no command "${command}"`)
  }
}

async function run(stage: Stage, ms: number): Promise<void> {
  const { clock } = stage.world
  const endMs = clock.now() + ms
  // A moment to stop at: else time would jump to whatever is due next.
  clock.after(ms, () => undefined)
  while (clock.now() < endMs) await step(stage)
}

/** Goes on until something that holds these words was seen. */
async function until(stage: Stage, words: string): Promise<void> {
  const { clock } = stage.world
  const from = stage.lines.length
  const endMs = clock.now() + stage.longestMs
  while (!stage.lines.slice(from).some((line) => line.includes(words))) {
    if (clock.now() >= endMs) return say(stage, `NEVER: ${words}`)
    await step(stage)
  }
}

async function step(stage: Stage): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  stage.world.clock.next()
  await new Promise((resolve) => setImmediate(resolve))
  await listen(stage)
  if (stage.world.clock.now() - stage.lookedAtMs >= lookEveryMs) await look(stage)
}

/** Events, and tables as the gateway has them. */
async function listen(stage: Stage): Promise<void> {
  const { store } = stage.world.ports
  for (const event of await store.events(stage.events, 100)) {
    stage.events = event.id
    say(stage, `${event.kind}: ${event.text}`)
  }
  const layers = layersText(stage.world.gateway.table())
  if (layers !== stage.layers) say(stage, `traffic: ${layers}`)
  stage.layers = layers
}

/** Holds that came and went. */
async function look(stage: Stage): Promise<void> {
  stage.lookedAtMs = stage.world.clock.now()
  if (stage.life.isDead()) return
  const promotions = await stage.engine.api.promotions({})
  const holds = new Set<string>()
  for (const hold of promotions.flatMap((one) => one.holds)) {
    const key = `${hold.rule} on ${hold.on}`
    holds.add(key)
    if (!stage.holds.has(key)) say(stage, `held: ${key}: ${hold.text}`)
  }
  stage.holds = holds
}

async function show(stage: Stage): Promise<void> {
  for (const promotion of await stage.engine.api.promotions({})) stage.lines.push(`         ${resultText(promotion)}`)
  for (const { document: pool } of (await stage.world.ports.store.list('pool')).toReversed())
    stage.lines.push(
      `         ${pool.environment} runs ${pool.stable.name} on ${Object.keys(pool.instances).length} hosts`,
    )
}

function resultText({ id, phase, stage, result }: PromotionDocument): string {
  return `${id} is ${phase} in ${stage}${result ? `, ${result.cause ?? 'well'}: ${result.text}` : ''}`
}

function layersText(table: RouteTable | undefined): string {
  return (table?.environments ?? [])
    .map((environment) => {
      const layers = environment.services[0]?.layers ?? []
      const texts = layers.map(({ name, who, build, hosts }) => {
        const share = who.kind === 'share' ? `${Math.round((who.to - who.from) * 100)} % ` : ''
        return `${name} ${share}${build.name}×${hosts.length}`
      })
      return `${environment.name} ${texts.join(', ')}`
    })
    .join('; ')
}

function say(stage: Stage, text: string): void {
  const seconds = (stage.world.clock.now() - stage.beganMs) / 1_000
  stage.lines.push(`${seconds.toFixed(1).padStart(7)}  ${text}`)
}
