import type { Ports } from '../ports.ts'
import type { Random } from './random.fixture.ts'
import type { VirtualClock } from './virtualClock.fixture.ts'

/** What goes wrong in one schedule. All of it ends at `untilMs`, so that liveness can be asked for. */
export interface ChaosPlan {
  /** The engine dies at these of its port calls (or at the first table sent from then on), before or after the call took effect. */
  readonly crashes: readonly { readonly atCall: number; readonly after: boolean; readonly atPut: boolean }[]
  /** A call has no effect and fails. */
  readonly fails: number
  /** A call has its effect, but its answer is lost. */
  readonly loses: number
  /** A call has its effect twice. */
  readonly repeats: number
  /** A call takes a while. */
  readonly delays: number
  readonly untilMs: number
}

/** One life of the engine: its ports, until it dies. */
export interface Life {
  readonly ports: Ports
  readonly isDead: () => boolean
  readonly end: () => void
}

export interface Chaos {
  /** Ports for the next engine on the same store, runtime and gateway. */
  readonly begin: () => Life
  readonly calls: () => number
  readonly deaths: () => number
}

const forever = new Promise<never>(() => undefined)
const mostCalls = 60_000
/** Calls that happen twice without harm when their answer is lost: what every caller has to bear. */
const repeatable: ReadonlySet<string> = new Set([
  'put',
  'state',
  'pools',
  'watched',
  'ensure',
  'remove',
  'load',
  'list',
])

/** Wraps the ports: a dead engine never gets an answer again, as a killed process would not. */
export function createChaos(ports: Ports, clock: VirtualClock, random: Random, plan: ChaosPlan): Chaos {
  let calls = 0
  let deaths = 0
  const crashes = [...plan.crashes]

  function begin(): Life {
    let dead = false
    const die = () => {
      dead = true
      deaths += 1
    }
    const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))

    /** A put on its way when its sender dies may still arrive, much later. */
    function leaveBehind(name: string, call: () => Promise<unknown>): void {
      if (name === 'put' && random.chance(0.7)) clock.after(random.between(1, 20_000), () => void call())
    }

    async function through<T>(name: string, call: () => Promise<T>): Promise<T> {
      if (dead) return forever
      calls += 1
      if (calls > mostCalls) throw new Error(`more than ${mostCalls} port calls: it goes in circles`)
      const due = crashes[0] !== undefined && calls >= crashes[0].atCall && (name === 'put' || !crashes[0].atPut)
      const crash = due ? crashes.shift() : undefined
      const wild = clock.now() < plan.untilMs
      if (crash && !crash.after) {
        die()
        leaveBehind(name, call)
        return forever
      }
      if (wild && random.chance(plan.delays)) await wait(random.between(0, 300))
      if (dead) {
        leaveBehind(name, call)
        return forever
      }
      if (wild && random.chance(name === 'put' ? 5 * plan.fails : plan.fails)) throw new Error(`${name} failed`)
      const answer = await call()
      if (crash) die()
      if (dead) return forever
      if (wild && random.chance(plan.loses)) throw new Error(`the answer of ${name} was lost`)
      return wild && repeatable.has(name) && random.chance(plan.repeats) ? await call() : answer
    }

    const wrap =
      <A extends readonly unknown[], T>(name: string, call: (...args: A) => Promise<T>) =>
      (...args: A) =>
        through(name, () => call(...args))
    const { store, runtime, traffic } = ports
    return {
      isDead: () => dead,
      end: () => {
        dead = true
      },
      ports: {
        ...ports,
        store: {
          ...store,
          load: (kind, id) => through('load', () => store.load(kind, id)),
          list: (kind, filter) => through('list', () => store.list(kind, filter)),
          commit: wrap('commit', store.commit),
          next: wrap('next', store.next),
          events: wrap('events', store.events),
          observations: wrap('observations', store.observations),
        },
        runtime: {
          ...runtime,
          ensure: wrap('ensure', runtime.ensure),
          remove: wrap('remove', runtime.remove),
          subscribe: (changed) => runtime.subscribe((id) => (dead ? undefined : changed(id))),
        },
        traffic: {
          ...traffic,
          state: wrap('state', traffic.state),
          put: wrap('put', traffic.put),
          watched: wrap('watched', traffic.watched),
          cells: wrap('cells', traffic.cells),
          pools: wrap('pools', traffic.pools),
        },
        tests: { run: wrap('run', ports.tests.run) },
        clock: { ...clock, after: (ms, call) => clock.after(ms, () => (dead ? undefined : call())) },
      },
    }
  }

  return { begin, calls: () => calls, deaths: () => deaths }
}
