import { addCounts, noCounts, type ArmCounts } from '../domain/analysis/counts.ts'
import { fromSparse, toSparse } from '../domain/analysis/durationBuckets.ts'
import type { Regime } from '../domain/analysis/judge.ts'
import type { AnalysisSettings } from '../domain/analysis/settings.ts'
import { instancesOf, isOfNewBuild, stepInForce } from '../domain/rollout/layout.ts'
import { beginJudge, foldSecond, type Judge, type Second, type SparseCounts } from '../domain/rollout/judge.ts'
import { judgementOf } from '../domain/rollout/judgementOf.ts'
import { poolId } from '../domain/rollout/pool.ts'
import { isActive, type Rollout } from '../domain/rollout/rollout.ts'
import type { JudgementSeen } from '../domain/rollout/seen.ts'
import { createHistory, type History } from './history.ts'
import type { Cell, Ports } from './ports.ts'
import { analysisOf } from './reconcilers/rollout.ts'
import type { Begin } from './replay.ts'
import type { TrafficReconciler } from './reconcilers/traffic.ts'
import { createShareWatch } from './shareWatch.ts'
import { loadWorld } from './world.ts'

export interface Watcher {
  /** A rollout has a new state: from its first share on its cells are judged. */
  readonly began: (rollout: Rollout) => void
  /** What the analysis says of a rollout now; nothing before its first second. */
  readonly judgement: (rollout: Rollout) => Promise<JudgementSeen | undefined>
  readonly judge: (rollout: string) => Promise<Judge | undefined>
  readonly history: History
  /** Follows one gateway until stopped; asking again changes nothing. */
  readonly follow: (gateway: string) => void
  readonly stop: () => Promise<void>
}

export interface WatcherParts {
  readonly ports: Ports
  readonly traffic: () => TrafficReconciler
  /** Runs the pass of a rollout now: the judge has something to say. */
  readonly decide: (rollout: string) => Promise<void>
}

/** Blind after so many slices without a second that could be read. */
const blindSlices = 3
/** How long one read waits for the next second. */
const pollMs = 1_000
const retryMs = 250

export function createWatcher({ ports, traffic, decide }: WatcherParts): Watcher {
  const { store, clock } = ports
  const history = createHistory()
  const shares = createShareWatch(ports, traffic)
  /** Rollout → when a second of it was last read. */
  const readAt = new Map<string, number>()
  const settings = new Map<string, AnalysisSettings>()
  const loops = new Map<string, Promise<void>>()
  let stopped = false
  const startedAt = clock.monotonic()

  async function settingsFor(rollout: Rollout): Promise<AnalysisSettings | undefined> {
    const known = settings.get(rollout.id) ?? (await analysisOf(ports, rollout))
    if (known) settings.set(rollout.id, known)
    return known
  }

  async function loop(gateway: string): Promise<void> {
    let after: number | undefined
    while (!stopped) {
      try {
        after ??= await firstCell(gateway)
        const page = await ports.traffic.cells(gateway, after, pollMs)
        // What a gateway no longer keeps, or never cut, cannot be judged: it is left out, not counted as empty.
        if (page.next > after) await readPage(gateway, Math.max(after, page.oldest - 1), page.next, page.cells)
        // The clock of a gateway that was started again may be behind: it answers at once, and is not asked in a circle.
        if (page.next < after) await pause()
        else after = page.next
      } catch (error) {
        ports.report('cells', error)
        await pause()
      }
    }
  }

  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => clock.after(retryMs, resolve))
  }

  /** Goes on where the judges stopped; a fresh start begins with the last minutes, to know the control. */
  async function firstCell(gateway: string): Promise<number> {
    const { rollouts } = await loadWorld(store)
    const judges = await Promise.all(rollouts.map((one) => store.load('judge', one.id)))
    const saved = judges.flatMap((judge) => judge?.document.after[gateway] ?? [])
    return saved.length > 0 ? Math.min(...saved) : 0
  }

  async function readPage(gateway: string, after: number, last: number, cells: readonly Cell[]): Promise<void> {
    const seconds = new Map<number, Cell[]>()
    for (const cell of cells) seconds.set(cell.n, [...(seconds.get(cell.n) ?? []), cell])
    const world = await loadWorld(store)
    const watched = world.rollouts
      .map((one) => one.document)
      .filter((one) => one.plan.watch !== 'facts' && isWatched(one))
    const anchor = cells[0] ?? { n: last, to: clock.now() }
    await Promise.all(watched.map((rollout) => judgeRollout(gateway, rollout, after, last, seconds, anchor)))
    history.add(cells)
    history.passed(last - after)
  }

  async function judgeRollout(
    gateway: string,
    rollout: Rollout,
    after: number,
    last: number,
    seconds: ReadonlyMap<number, readonly Cell[]>,
    anchor: { n: number; to: number },
  ): Promise<void> {
    const own = await settingsFor(rollout)
    if (!own) return
    const stored = await store.load('judge', rollout.id)
    const control = history.control(rollout.environment, rollout.service)
    let judge = stored?.document ?? beginJudge(rollout.id, own, { control }, { [gateway]: after }, clock.now())
    const before = judge
    const begin = Math.max(judge.after[gateway] ?? after, after)
    const observations = stored
      ? []
      : [{ rollout: rollout.id, n: begin, json: JSON.stringify({ begin: judge } satisfies Begin) }]
    for (let n = begin + 1; n <= last; n += 1) {
      const second = secondOf(gateway, rollout, n, seconds.get(n) ?? [], anchor.to + (n - anchor.n) * 1_000)
      judge = foldSecond(own, judge, second)
      observations.push({ rollout: rollout.id, n, json: JSON.stringify(second) })
    }
    if (judge === before) return
    const committed = await store.commit({
      documents: [{ kind: 'judge', id: rollout.id, revision: stored?.revision ?? 0, document: judge }],
      observations,
    })
    if (!committed.saved)
      throw new Error(`the judge of ${rollout.id} was saved by another writer; the seconds are read again`)
    readAt.set(rollout.id, clock.monotonic())
    // The way back waits for no renewal.
    await decide(rollout.id)
    if (judge.slices === before.slices) return
    ports.measureLag(Math.max(0, clock.now() - judge.seenToMs))
    await shares.renew(gateway, rollout)
  }

  return {
    began: (rollout) => {
      if (!isActive(rollout)) {
        shares.forget(rollout.id)
        readAt.delete(rollout.id)
        settings.delete(rollout.id)
      } else if (rollout.phase === 'shifting') {
        shares.begin(rollout.id)
        readAt.set(rollout.id, clock.monotonic())
      }
    },
    judgement: async (rollout) => {
      if (rollout.plan.watch === 'facts') return undefined
      const [own, judge, pool] = await Promise.all([
        settingsFor(rollout),
        store.load('judge', rollout.id),
        store.load('pool', poolId(rollout.environment, rollout.service)),
      ])
      if (!own || !judge || !pool) return undefined
      const blindMs = clock.monotonic() - (readAt.get(rollout.id) ?? startedAt)
      const fresh = instancesOf(pool.document, rollout).filter((one) => isOfNewBuild(rollout, one.instance, one.host))
      const running = new Map(ports.runtime.list().map((one) => [one.spec.id, one]))
      return judgementOf(own, atPresentStep(judge.document, rollout), {
        plan: rollout.plan,
        layer: rollout.plan.steps[stepInForce(rollout)]?.kind === 'share' ? 'canary' : 'batch',
        memory: fresh.map((one) => ({ host: one.host, samples: running.get(one.instance)?.memory ?? [] })),
        unwatched: shares.isUnwatched(rollout),
        ...(isWatched(rollout) && blindMs >= blindSlices * own.sliceMs ? { blindSinceMs: clock.now() - blindMs } : {}),
      })
    },
    history,
    judge: async (rollout) => (await store.load('judge', rollout))?.document,
    follow: (gateway) => {
      if (!loops.has(gateway)) loops.set(gateway, loop(gateway))
    },
    stop: async () => {
      stopped = true
      await Promise.all(loops.values())
    },
  }
}

/** Cells are judged from the first shift on, and not once it goes back. */
function isWatched(rollout: Rollout): boolean {
  return (
    rollout.phase === 'holding' ||
    rollout.phase === 'baking' ||
    rollout.phase === 'shifting' ||
    (rollout.phase === 'preparing' && rollout.step > 0)
  )
}

/** Number of the step that is judged: the one in force; the bake comes after the last. */
function judgedStep(rollout: Rollout): number {
  return rollout.phase === 'baking' ? rollout.plan.steps.length : stepInForce(rollout)
}

/** Time judged at an earlier step is no time at this one. */
function atPresentStep(judge: Judge, rollout: Rollout): Judge {
  const step = judgedStep(rollout)
  return judge.judged.step === step ? judge : { ...judge, judged: { step, ms: 0 } }
}

function secondOf(gateway: string, rollout: Rollout, n: number, cells: readonly Cell[], toMs: number): Second {
  const own = cells.filter((cell) => cell.environment === rollout.environment && cell.service === rollout.service)
  const arm = (...layers: readonly string[]) => sum(own.filter((cell) => layers.includes(cell.layer)))
  const end = own[0]?.to ?? toMs
  return {
    n,
    gateway,
    fromMs: end - 1_000,
    toMs: end,
    step: judgedStep(rollout),
    regime: regimeOf(rollout),
    arms: { canary: arm('canary', 'batch'), baseline: arm('baseline'), stable: arm('stable') },
  }
}

function regimeOf(rollout: Rollout): Regime {
  const step = rollout.plan.steps[stepInForce(rollout)]
  if (step?.kind === 'share') return 'canary'
  return step && step.hosts < rollout.hosts ? 'batch' : 'past'
}

function sum(cells: readonly Cell[]): SparseCounts {
  const total = cells.reduce<ArmCounts>(
    (counts, cell) =>
      addCounts(counts, {
        requests: cell.requests,
        bad: cell.bad,
        durations: cell.durations.length === 0 ? [] : fromSparse(cell.durations),
      }),
    noCounts,
  )
  return { requests: total.requests, bad: total.bad, durations: toSparse(total.durations) }
}
