import { CofferdamError } from '../domain/errors.ts'
import type { Hold, Outcome } from '../domain/holds.ts'
import { settingsOf } from '../domain/promotion/planRollout.ts'
import { isUnderWay, type Promotion } from '../domain/promotion/promotion.ts'
import type { Organisation } from '../domain/catalog/organisation.ts'
import { requireService } from '../domain/catalog/unknownService.ts'
import type { Pool } from '../domain/rollout/pool.ts'
import type { EngineApi, PromotionDocument } from './api.ts'
import { addBuild } from './commands/addBuild.ts'
import { applyOrganisation } from './commands/apply.ts'
import { askBack, loadPromotion, passHold, retryTests } from './commands/changePromotion.ts'
import { productionPool, requestDeploy } from './commands/deploy.ts'
import { findBuild } from './commands/findBuild.ts'
import { requestRollback } from './commands/rollback.ts'
import { createMutex } from './mutex.ts'
import type { Ports } from './ports.ts'
import { learnedNoise } from './noiseGatherer.ts'
import { createQueries } from './queries.ts'
import { analysisOf } from './settingsOfRollout.ts'
import type { TrafficReconciler } from './reconcilers/traffic.ts'
import { replayRollout } from './replay.ts'
import { rolloutsOf } from './rolloutsOf.ts'
import { planDocument } from './views/planDocument.ts'
import { shownRollout } from './views/promotionDocument.ts'
import type { Watcher } from './watch.ts'
import { currentOrganisation } from './world.ts'

export interface ApiParts {
  readonly ports: Ports
  readonly traffic: TrafficReconciler
  readonly watcher: Watcher
  readonly holds: ReadonlyMap<string, readonly Hold[]>
  /** What everything waits for while the store takes no writes. */
  readonly cannotSave: () => Hold | undefined
  readonly announce: () => void
  readonly wakeWorld: () => Promise<void>
  readonly runPromotion: (id: string) => Promise<void>
  readonly wakeRollout: (id: string) => void
  readonly listen: (wake: () => void) => () => void
}

/** What a person or a script may ask: check → record the intent → wake. */
export function createApi(parts: ApiParts): EngineApi {
  const { ports } = parts
  const queries = createQueries(parts)
  /** Whether a service is busy is asked and answered in one go: of two requests at once one is refused. */
  const requesting = createMutex()

  /** The first pass of what was asked, so that the answer shows it; the rest goes on without the caller. */
  async function started(id: string): Promise<PromotionDocument> {
    parts.announce()
    await parts.runPromotion(id)
    return queries.promotion(id)
  }

  async function plan(service: string, build: string, pool: Pool, organisation: Organisation) {
    const { pipeline, analysis } = settingsOf(organisation, service)
    const { history } = parts.watcher
    const recent = history.recent(pool.environment, service)
    const starts = ports.runtime
      .list()
      .filter((one) => one.spec.service === service && one.readyAtMs !== undefined && one.startedAtMs !== undefined)
    const startMs = Math.max(0, ...starts.map((one) => (one.readyAtMs ?? 0) - (one.startedAtMs ?? 0)))
    return planDocument({
      service,
      build,
      pool,
      pipeline,
      analysis,
      recent: recent.counts,
      recentSeconds: recent.seconds,
      noise: await learnedNoise(ports.store, pool.environment, service),
      startMs,
    })
  }

  async function deploy(request: Parameters<EngineApi['deploy']>[0]): ReturnType<EngineApi['deploy']> {
    const outcome = await requesting(() =>
      requestDeploy(ports, request, async (pool, organisation) => {
        const { enough } = parts.watcher.history.recent(pool.environment, pool.service)
        if (!enough) return undefined
        const { canTell, text } = await plan(request.service, request.build, pool, organisation)
        return canTell ? undefined : text
      }),
    )
    if (!outcome.accepted) return outcome
    const { value } = outcome
    if (value.already)
      return {
        accepted: true,
        value: { ...value, text: `${value.build.name} of ${value.service} runs on every host already` },
      }
    return { accepted: true, value: { already: false, promotion: await started(value.promotion.id) } }
  }

  async function back(id: string, wish: Parameters<typeof askBack>[2]): Promise<Outcome<PromotionDocument>> {
    const promotion = await askBack(ports, id, wish)
    if (isUnderWay(promotion)) return { accepted: true, value: await started(id) }
    return { accepted: true, value: await queries.promotion(id) }
  }

  return {
    ...queries,
    onEvents: parts.listen,
    addBuild: async (request) => {
      const build = await addBuild(ports, request, 'admin')
      parts.announce()
      return build
    },
    deploy,
    rollback: async (request) => ({
      accepted: true,
      value: await started((await requesting(() => requestRollback(ports, request))).id),
    }),
    abort: (id, reason, by) => back(id, { kind: 'abort', by, reason }),
    retry: async (id, reason, by, requestKey) => {
      const { document } = await loadPromotion(ports, id)
      const key = requestKey === undefined ? {} : { requestKey }
      if (isUnderWay(document)) {
        await retryTests(ports, id, reason, by)
        return { accepted: true, value: await started(id) }
      }
      return asPromotion(
        await deploy({ service: document.service, build: document.build.digest, by, ...key }),
        document,
      )
    },
    pass: async (id, reason, by, requestKey) => {
      const outcome = await passHold(ports, id, reason, by, requestKey)
      if (!outcome.accepted) return outcome
      for (const stage of outcome.value.stages) if (stage.rollout !== undefined) parts.wakeRollout(stage.rollout)
      return { accepted: true, value: isUnderWay(outcome.value) ? await started(id) : await queries.promotion(id) }
    },
    plan: async ({ service, build }) => {
      const organisation = (await currentOrganisation(ports.store)).document
      requireService(organisation, service)
      const ref = await findBuild(ports.store, service, build)
      const pool = await productionPool(ports, settingsOf(organisation, service).pipeline, service)
      if (!pool) throw new CofferdamError('unknown-service', `"${service}" does not run in production`)
      return plan(service, ref.name, pool, organisation)
    },
    apply: async (organisation, by) => {
      const value = await applyOrganisation(ports, organisation, by)
      parts.announce()
      await parts.wakeWorld()
      return { accepted: true, value }
    },
    replay: async (id) => {
      const { document } = await loadPromotion(ports, id)
      if (document.forgottenAtMs !== undefined)
        throw new CofferdamError(
          'usage',
          `${id} cannot be judged again: what was seen during it is no longer kept since ${new Date(document.forgottenAtMs).toISOString()}; only the newest ended promotions keep it (\`keep.observations\` of the configuration). Its result stays`,
        )
      const rollout = shownRollout(document, await rolloutsOf(ports.store, document))
      const recorded = rollout && (await parts.watcher.judge(rollout.id))
      const settings = rollout && (await analysisOf(ports, rollout))
      if (!recorded || !settings) return { identical: true, decisions: 0, slices: 0 }
      return replayRollout(ports.store, settings, recorded)
    },
  }
}

function asPromotion(outcome: Awaited<ReturnType<EngineApi['deploy']>>, before: Promotion): Outcome<PromotionDocument> {
  if (!outcome.accepted) return outcome
  if (outcome.value.already)
    throw new CofferdamError('usage', `${before.build.name} of "${before.service}" runs on every host already`)
  return { accepted: true, value: outcome.value.promotion }
}
