import type { AnalysisSettings } from '../domain/analysis/settings.ts'
import { instancesOf, isOfNewBuild, stepInForce } from '../domain/rollout/layout.ts'
import { beginJudge, foldSecond, observationNumber, type Judge } from '../domain/rollout/judge.ts'
import { judgementOf } from '../domain/rollout/judgementOf.ts'
import { poolId } from '../domain/rollout/pool.ts'
import { isActive, type Rollout } from '../domain/rollout/rollout.ts'
import type { JudgementSeen } from '../domain/rollout/seen.ts'
import { createCellReader } from './cellReader.ts'
import { createGrouping } from './grouping.ts'
import { createHistory, type History } from './history.ts'
import { instancesIn } from './instanceSnapshot.ts'
import { createMutex, type Mutex } from './mutex.ts'
import type { Cell, PoolHost, Ports } from './ports.ts'
import type { Begin } from './replay.ts'
import type { TrafficReconciler } from './reconcilers/traffic.ts'
import { createNoiseGatherer, learnedNoise } from './noiseGatherer.ts'
import { atPresentStep, isGoingHome, isWatched, lastSecondUntil, secondOf, timeOf, type Page } from './seconds.ts'
import { settingsOfRollout, type RolloutSettings } from './settingsOfRollout.ts'
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

const hostsIn = createGrouping<PoolHost>((one) => one)

/** So long after its end the last requests of a build that went back are still counted. */
const lastRequestsMs = 5_000
/** Blind after so many slices without a second that could be read. */
const blindSlices = 3

export function createWatcher({ ports, traffic, decide }: WatcherParts): Watcher {
  const { store, clock } = ports
  const history = createHistory()
  const noise = createNoiseGatherer(ports)
  const shares = createShareWatch(ports, traffic)
  /** Rollout → when a second of it was last read. */
  const readAt = new Map<string, number>()
  const settings = new Map<string, RolloutSettings>()
  /** Rollout → its turns: the pages of several gateways are folded one after another. */
  const turns = new Map<string, Mutex>()
  /** Rollouts that went back: their last requests end after the table was taken. */
  const leaving = new Map<string, Rollout>()
  const startedAt = clock.monotonic()
  const reader = createCellReader(ports, readPage)

  async function settingsFor(rollout: Rollout): Promise<RolloutSettings | undefined> {
    const known = settings.get(rollout.id) ?? (await settingsOfRollout(ports, rollout))
    // Of what has ended nothing is remembered: people may look at all of it.
    if (known && isActive(rollout)) settings.set(rollout.id, known)
    return known
  }

  /** False: a rollout could not be judged, and the seconds are to be read again. */
  async function readPage(page: Page, cells: readonly Cell[], mayRetry: boolean): Promise<boolean> {
    const world = await loadWorld(store)
    for (const { id, endedAtMs } of leaving.values())
      if (endedAtMs !== undefined && timeOf(page, page.after) > endedAtMs + lastRequestsMs) {
        leaving.delete(id)
        turns.delete(id)
      }
    const active = world.rollouts.map((one) => one.document)
    const watched = active.filter((one) => one.plan.watch !== 'facts' && (isWatched(one) || isGoingHome(one)))
    // The next rollout of a service has layers of the same names.
    const gone = [...leaving.values()].filter(
      (one) => !active.some((other) => other.environment === one.environment && other.service === one.service),
    )
    const judged = await Promise.allSettled([...watched, ...gone].map((rollout) => judgeRollout(page, rollout)))
    const failures = judged.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    for (const error of failures) ports.report('judge', error)
    if (failures.length > 0 && mayRetry) return false
    history.add(cells)
    // It must not keep a decision waiting, nor spoil one.
    await noise.add(cells).catch((error: unknown) => ports.report('noise', error))
    history.passed(page.last - page.after)
    return true
  }

  /** After a restart a page is the last hour: what lies before the rollout is of other builds under the same layers. */
  async function beginJudging(page: Page, rollout: Rollout, own: AnalysisSettings): Promise<Judge> {
    const { environment, service, startedAtMs } = rollout
    const after = lastSecondUntil(page, startedAtMs)
    const control = history.control(environment, service)
    const noise = await learnedNoise(store, environment, service)
    return beginJudge(rollout.id, own, { control, noise }, { [page.gateway]: after }, clock.now())
  }

  async function judgeRollout(page: Page, rollout: Rollout): Promise<void> {
    const settingsNow = await settingsFor(rollout)
    if (!settingsNow) return
    const turn = turns.get(rollout.id) ?? createMutex()
    turns.set(rollout.id, turn)
    const judged = await turn(() => foldPage(page, rollout, settingsNow))
    if (!judged || isGoingHome(rollout)) return
    readAt.set(rollout.id, clock.monotonic())
    // The way back waits for no renewal.
    await decide(rollout.id)
    if (judged.judge.slices === judged.before.slices) return
    ports.measureLag(Math.max(0, clock.now() - judged.judge.seenToMs))
    await shares.renew(page.gateway, rollout).catch((error: unknown) => ports.report('watch', error))
  }

  /** The judge before and after the seconds of a page, saved with them; nothing when there were none for it. */
  async function foldPage(
    page: Page,
    rollout: Rollout,
    { analysis: own, pages }: RolloutSettings,
  ): Promise<{ readonly before: Judge; readonly judge: Judge } | undefined> {
    const { gateway, after, last } = page
    const stored = await store.load('judge', rollout.id)
    const home = isGoingHome(rollout)
    if (home && !stored) return undefined
    let judge = stored?.document ?? (await beginJudging(page, rollout, own))
    const before = judge
    const begin = Math.max(judge.after[gateway] ?? after, after)
    const hosts = () => hostsIn(traffic().pools(), rollout.environment, rollout.service)
    const observations = stored
      ? []
      : [{ rollout: rollout.id, n: begin, json: JSON.stringify({ begin: judge } satisfies Begin) }]
    for (let n = begin + 1; n <= last; n += 1) {
      const second = secondOf(page, rollout, n, pages ? undefined : { hosts: hosts(), nowMs: clock.now() })
      if (home && second.arms.canary.requests === 0) continue
      observations.push({ rollout: rollout.id, n: observationNumber(judge, second), json: JSON.stringify(second) })
      judge = foldSecond(own, judge, second)
    }
    // One that has just begun is saved all the same: where it began must not be asked again of a clock that was set back.
    if (judge === before && stored) return undefined
    const committed = await store.commit({
      documents: [{ kind: 'judge', id: rollout.id, revision: stored?.revision ?? 0, document: judge }],
      observations,
    })
    if (!committed.saved)
      throw new Error(`the judge of ${rollout.id} was saved by another writer; the seconds are read again`)
    return { before, judge }
  }

  return {
    began: (rollout) => {
      if (isGoingHome(rollout)) leaving.set(rollout.id, rollout)
      if (!isActive(rollout)) {
        shares.forget(rollout.id)
        readAt.delete(rollout.id)
        settings.delete(rollout.id)
        turns.delete(rollout.id)
      } else if (rollout.phase === 'shifting') {
        shares.begin(rollout.id)
        readAt.set(rollout.id, clock.monotonic())
      }
    },
    judgement: async (rollout) => {
      if (rollout.plan.watch === 'facts') return undefined
      const [known, judge, pool] = await Promise.all([
        settingsFor(rollout),
        store.load('judge', rollout.id),
        store.load('pool', poolId(rollout.environment, rollout.service)),
      ])
      if (!known || !judge || !pool) return undefined
      const { analysis } = known
      const blindMs = clock.monotonic() - (readAt.get(rollout.id) ?? startedAt)
      const fresh = instancesOf(pool.document, rollout).filter((one) => isOfNewBuild(rollout, one.instance, one.host))
      const own = instancesIn(ports.runtime.list(), rollout.environment, rollout.service)
      const running = new Map(own.map((one) => [one.spec.id, one]))
      return judgementOf(analysis, atPresentStep(judge.document, rollout), {
        plan: rollout.plan,
        layer: rollout.plan.steps[stepInForce(rollout)]?.kind === 'share' ? 'canary' : 'batch',
        memory: fresh.map((one) => ({ host: one.host, samples: running.get(one.instance)?.memory ?? [] })),
        unwatched: shares.isUnwatched(rollout),
        ...(isWatched(rollout) && blindMs >= blindSlices * analysis.sliceMs
          ? { blindSinceMs: clock.now() - blindMs }
          : {}),
      })
    },
    history,
    judge: async (rollout) => (await store.load('judge', rollout))?.document,
    follow: reader.follow,
    stop: reader.stop,
  }
}
