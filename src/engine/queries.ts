import { didYouMean, requireService } from '../domain/catalog/unknownService.ts'
import { CofferdamError } from '../domain/errors.ts'
import { isUnderWay, type Promotion } from '../domain/promotion/promotion.ts'
import type { Second } from '../domain/rollout/judge.ts'
import { isActive } from '../domain/rollout/rollout.ts'
import { settingsOf } from '../domain/promotion/planRollout.ts'
import { frontDoorId } from '../domain/routing/compile.ts'
import type { EngineApi, ExplainDocument, PromotionDocument } from './api.ts'
import type { ApiParts } from './createApi.ts'
import { loadPromotion } from './commands/changePromotion.ts'
import { followUpHold, needsFollowUp } from './commands/deploy.ts'
import { holdDocument, promotionDocument, shownRollout } from './views/promotionDocument.ts'
import { environmentNow } from './views/environmentNow.ts'
import { environmentRequests } from './views/environmentRequests.ts'
import { eventsOf } from './views/eventsOf.ts'
import { sliceSeconds } from './views/sliceSeconds.ts'
import { statusDocument } from './views/statusDocument.ts'
import { analysisOf } from './settingsOfRollout.ts'
import type { Store } from './ports.ts'
import { rolloutsOf } from './rolloutsOf.ts'
import { startedInstances } from './startedInstances.ts'
import { currentOrganisation, loadWorld } from './world.ts'

type Queries = Pick<
  EngineApi,
  | 'builds'
  | 'organisation'
  | 'promotion'
  | 'promotions'
  | 'underWay'
  | 'status'
  | 'traffic'
  | 'hourSeries'
  | 'newestSlices'
  | 'environmentNow'
  | 'environmentRequests'
  | 'holds'
  | 'explain'
  | 'logs'
  | 'events'
  | 'lastEventId'
  | 'eventsOf'
  | 'series'
  | 'requests'
  | 'readiness'
>

const underWay = ['waiting', 'moving', 'rolling-back'] as const
const mostListed = 1_000
/** Two hours: a longer promotion shows its beginning in pages, by `after`. */
const mostSeconds = 7_200

/** What can be asked without changing anything. */
export function createQueries(parts: ApiParts): Queries {
  const { ports } = parts
  const { store } = ports

  async function document(promotion: Promotion): Promise<PromotionDocument> {
    const rollouts = await rolloutsOf(store, promotion)
    const rollout = shownRollout(promotion, rollouts)
    const [judge, judgement, settings] = rollout
      ? await Promise.all([
          parts.watcher.judge(rollout.id),
          parts.watcher.judgement(rollout),
          analysisOf(ports, rollout),
        ])
      : []
    const holds = isUnderWay(promotion)
      ? [
          ...[parts.cannotSave() ?? []].flat(),
          ...[promotion.id, ...rollouts.map((one) => one.id)].flatMap((id) => parts.holds.get(id) ?? []),
        ]
      : []
    return promotionDocument({
      promotion,
      rollouts,
      holds,
      ...(settings ? { settings } : {}),
      ...(judge ? { judge } : {}),
      ...(judgement ? { judgement } : {}),
    })
  }

  async function ofPromotion(id: string) {
    const promotion = (await loadPromotion(ports, id)).document
    return { promotion, rollout: shownRollout(promotion, await rolloutsOf(store, promotion)) }
  }

  async function checkService(service: string) {
    const { document: organisation } = await currentOrganisation(store)
    requireService(organisation, service)
    return organisation
  }

  return {
    builds: async ({ service }) => {
      if (service !== undefined) await checkService(service)
      const stored = await store.list('build', { limit: mostListed, ...(service === undefined ? {} : { service }) })
      return stored.map((one) => one.document)
    },
    organisation: async () => (await currentOrganisation(store)).document,
    promotion: async (id) => document((await loadPromotion(ports, id)).document),
    promotions: async ({ service, limit }) => {
      if (service !== undefined) await checkService(service)
      const stored = await store.list('promotion', {
        limit: limit ?? 50,
        ...(service === undefined ? {} : { service }),
      })
      return Promise.all(stored.map((one) => document(one.document)))
    },
    underWay: async () => {
      const stored = await store.list('promotion', { phases: underWay, limit: mostListed })
      return Promise.all(stored.map((one) => document(one.document)))
    },
    status: async () => {
      const promotions = (await store.list('promotion', { phases: underWay, limit: mostListed })).map(
        (one) => one.document,
      )
      return statusDocument({
        world: await loadWorld(store),
        running: ports.runtime.list(),
        hosts: parts.traffic.pools(),
        gateways: parts.traffic.gateways(),
        promotions,
      })
    },
    holds: async () => {
      const promotions = await store.list('promotion', { phases: underWay, limit: mostListed })
      const documents = await Promise.all(promotions.map((one) => document(one.document)))
      const moving = documents.flatMap((one) => one.holds.map((hold) => ({ ...hold, promotion: one.id })))
      const done = await store.list('promotion', { phases: ['done'], limit: mostListed })
      const open = done.map((one) => one.document).filter(needsFollowUp)
      return [...moving, ...open.map((one) => ({ ...holdDocument(followUpHold(one)), promotion: one.id }))]
    },
    explain: (request) => explain(parts, request),
    logs: async ({ service, environment, host, promotion, lines }) => {
      const organisation = await checkService(service)
      const environments = organisation.environments.map((one) => one.name)
      if (environment !== undefined && !environments.includes(environment))
        throw new CofferdamError(
          'usage',
          `there is no environment ${JSON.stringify(environment)}${didYouMean(environment, environments)}; there are ${environments.join(', ')}`,
        )
      const running = ports.runtime.list().map(({ spec }) => ({ ...spec, instance: spec.id }))
      const all = promotion === undefined ? running : await startedInstances(ports, service, promotion)
      const own = all.filter(
        (one) =>
          one.service === service &&
          (environment === undefined || one.environment === environment) &&
          (host === undefined || one.host === host),
      )
      const logs = await Promise.all(
        own.map(async (one) =>
          (await ports.runtime.logs(one.instance, { lines })).map((line) => `${one.environment}/${one.host} ${line}`),
        ),
      )
      return logs.flat()
    },
    events: (after, limit) => store.events(after, limit),
    lastEventId: () => store.lastEventId(),
    eventsOf: async (id) => eventsOf(store, (await loadPromotion(ports, id)).document),
    series: async (id, { sliceMs, after }) => {
      const { rollout } = await ofPromotion(id)
      if (!rollout) return []
      return sliceSeconds(await readSeconds(store, rollout.id, after), sliceMs, !isActive(rollout))
    },
    hourSeries: async (service, environment) => parts.watcher.history.hour.of(environment, service),
    newestSlices: async () => parts.watcher.history.hour.newest(),
    environmentNow: async (environment) => environmentNow(await loadWorld(store), environment),
    environmentRequests: async (filter) => environmentRequests(ports.traffic, filter),
    traffic: async () => ({ services: parts.watcher.history.lately() }),
    requests: async (id) => {
      const { promotion, rollout } = await ofPromotion(id)
      const filter = { service: promotion.service, ...(rollout ? { environment: rollout.environment } : {}) }
      return (
        await Promise.all(ports.traffic.gateways().map((gateway) => ports.traffic.requests(gateway, filter)))
      ).flat()
    },
    readiness: async () => {
      const world = await loadWorld(store)
      const gateways = parts.traffic.gateways()
      const behind = gateways.filter((one) => one.silent || one.generation === undefined)
      const ready = world.pools.length > 0 && gateways.length > 0 && behind.length === 0
      return {
        ready,
        text: ready
          ? 'ready'
          : `${world.pools.length} services are placed; ${behind.length} of ${gateways.length} gateways have not answered`,
      }
    },
  }
}

type Explained = Omit<ExplainDocument, 'build'> & { readonly build: { readonly name: string } | null }

/** Asks a gateway, which executes the very function that routes requests. */
async function explain(parts: ApiParts, request: Parameters<EngineApi['explain']>[0]): Promise<ExplainDocument> {
  const { ports } = parts
  const world = await loadWorld(ports.store)
  const gateway = parts.traffic.gateways().find((one) => !one.silent)
  if (!gateway) throw new CofferdamError('unreachable', 'no gateway answers')
  const { door, path, environment } = doorOf(world, request.url)
  const answer = (await ports.traffic.explain(gateway.id, {
    method: request.method,
    url: path,
    headers: request.headers,
    door,
  })) as Partial<Explained>
  return {
    service: answer.service ?? null,
    environment: answer.environment ?? environment,
    layer: answer.layer ?? null,
    build: answer.build?.name ?? null,
    host: answer.host ?? null,
    status: answer.status ?? 200,
    why: answer.why ?? [],
  }
}

function doorOf(
  world: Awaited<ReturnType<typeof loadWorld>>,
  url: string,
): { readonly door: string; readonly path: string; readonly environment: string } {
  const pipeline = settingsOf(world.organisation, world.organisation.services[0]?.name ?? '').pipeline
  const fallback = pipeline.stages.at(-1)?.environment ?? world.organisation.environments[0]?.name ?? ''
  if (url.startsWith('/')) return { door: frontDoorId(fallback), path: url, environment: fallback }
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const found = parsed && Object.entries(world.doors).find(([, port]) => String(port) === parsed.port)
  if (!parsed || !found)
    throw new CofferdamError(
      'usage',
      `"${url}" is neither a path nor an address of a door; \`cofferdam status\` lists the front doors`,
    )
  const [door] = found
  return { door, path: `${parsed.pathname}${parsed.search}`, environment: door.split('/')[0] ?? fallback }
}

/** What was stored of a rollout second by second, oldest first, after a cell; at most two hours of it. */
async function readSeconds(store: Store, rollout: string, after = Number.MIN_SAFE_INTEGER): Promise<readonly Second[]> {
  const seconds: Second[] = []
  for (let n = after; seconds.length < mostSeconds; ) {
    const page = await store.observations(rollout, n, mostListed)
    for (const { json } of page) {
      const one = JSON.parse(json) as Second | { readonly begin: unknown }
      if (!('begin' in one)) seconds.push(one)
    }
    n = page.at(-1)?.n ?? n
    if (page.length < mostListed) break
  }
  return seconds
}
