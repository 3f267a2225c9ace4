import { unknownService } from '../../domain/catalog/unknownService.ts'
import type { BuildRef } from '../../domain/catalog/buildRef.ts'
import type { Organisation } from '../../domain/catalog/organisation.ts'
import type { Hold, Outcome } from '../../domain/holds.ts'
import { isUnderWay, type Promotion, type StageTrip } from '../../domain/promotion/promotion.ts'
import { settingsOf } from '../../domain/promotion/planRollout.ts'
import type { Pipeline, Stage } from '../../domain/promotion/pipeline.ts'
import { poolId, runsAlready, type Pool } from '../../domain/rollout/pool.ts'
import type { Deploy } from '../api.ts'
import { promotionWrite } from '../promotionWrite.ts'
import type { Ports } from '../ports.ts'
import { currentOrganisation } from '../world.ts'
import { findBuild } from './findBuild.ts'

export type Requested =
  | { readonly already: true; readonly service: string; readonly build: BuildRef }
  | { readonly already: false; readonly promotion: Promotion }

/** Checks, records the intent; the promotion's own passes do the rest. `cannotTell` is asked only for a canary. */
export async function requestDeploy(
  ports: Ports,
  request: Deploy,
  cannotTell: (pool: Pool, organisation: Organisation) => Promise<string | undefined>,
): Promise<Outcome<Requested>> {
  const { store, clock } = ports
  const current = await currentOrganisation(store)
  const organisation = current.document
  if (!organisation.services.some((one) => one.name === request.service))
    throw unknownService(
      request.service,
      organisation.services.map((one) => one.name),
    )
  const promotions = (await store.list('promotion', { service: request.service, limit: 1_000 })).map(
    (one) => one.document,
  )
  const begun = findBegun(promotions, request.requestKey, clock.now())
  if (begun) return { accepted: true, value: { already: false, promotion: begun } }
  const build = await findBuild(store, request.service, request.build)
  const { pipeline } = settingsOf(organisation, request.service)
  const nowMs = clock.now()
  const order = stageOrderHold(request, pipeline, nowMs)
  if (order) return { accepted: false, holds: [order] }
  const busy = promotions.find(isUnderWay)
  if (busy) return { accepted: false, holds: [busyHold(busy)] }
  const pool = await productionPool(ports, pipeline, request.service)
  const configured = organisation.environments.find((one) => one.name === pool?.environment)
  if (pool && runsAlready(pool, build, configured?.settings[request.service] ?? {}))
    return { accepted: true, value: { already: true, service: request.service, build: pool.stable } }
  const open = request.emergency ? undefined : promotions.find(needsFollowUp)
  if (open) return { accepted: false, holds: [followUpHold(open)] }
  const reason = request.emergency || !pool ? undefined : await cannotTell(pool, organisation)
  if (reason !== undefined)
    return {
      accepted: false,
      holds: [
        {
          rule: 'cannot-tell',
          on: request.service,
          sinceMs: nowMs,
          text: reason,
          help: `More traffic or a larger share would help; \`cofferdam plan ${request.service} --build ${build.name}\` shows the numbers. Where no traffic will come, \`deploy --emergency --reason … --incident …\` replaces host after host under the absolute limits alone.`,
        },
      ],
    }
  const stages = pipeline.stages.filter((stage) => !request.emergency || stage.kind === 'production')
  const promotion = newPromotion(await newId(ports), current.id, { ...request, build }, stages, nowMs)
  const text = request.emergency
    ? `emergency (${request.emergency.incident}): ${request.emergency.reason}`
    : 'requested'
  await store.commit({
    documents: [promotionWrite(promotion, 0)],
    events: [
      {
        atMs: nowMs,
        actor: request.by,
        kind: 'promotion.requested',
        on: promotion.id,
        promotion: promotion.id,
        service: promotion.service,
        text: `${promotion.service} ${build.name}: ${text}`,
        ...(request.emergency ? { data: { ...request.emergency, stage: 'production' } } : {}),
      },
    ],
  })
  return { accepted: true, value: { already: false, promotion } }
}

/** For so long a repeated request is the same request; as long as its answer is remembered. */
const repeatedWithinMs = 24 * 60 * 60_000

/** What an earlier, equal request began or turned back: its answer may have been lost, its effect was not. */
export function findBegun(
  promotions: readonly Promotion[],
  requestKey: string | undefined,
  nowMs: number,
): Promotion | undefined {
  if (requestKey === undefined) return undefined
  return promotions.find(
    (one) =>
      (one.requestKey === requestKey && nowMs - one.requestedAtMs < repeatedWithinMs) ||
      (one.wish?.requestKey === requestKey && nowMs - one.wish.atMs < repeatedWithinMs),
  )
}

export async function newId(ports: Ports): Promise<string> {
  return `p-${await ports.store.next('promotion')}`
}

/** The pool of the environment that production is. */
export async function productionPool(ports: Ports, pipeline: Pipeline, service: string): Promise<Pool | undefined> {
  const environment = pipeline.stages.find((stage) => stage.kind === 'production')?.environment
  return environment === undefined
    ? undefined
    : (await ports.store.load('pool', poolId(environment, service)))?.document
}

export function newPromotion(
  id: string,
  organisation: string,
  request: {
    readonly service: string
    readonly build: BuildRef
    readonly by: string
    readonly emergency?: Deploy['emergency']
    readonly kind?: Promotion['kind']
    readonly requestKey?: string
    readonly settings?: Promotion['settings']
  },
  stages: readonly Stage[],
  nowMs: number,
): Promotion {
  return {
    id,
    service: request.service,
    build: request.build,
    organisation,
    kind: request.kind ?? 'deploy',
    ...(request.emergency ? { emergency: request.emergency } : {}),
    ...(request.settings === undefined ? {} : { settings: request.settings }),
    phase: 'waiting',
    stages: stages.map(
      (stage): StageTrip => ({
        name: stage.name,
        kind: stage.kind,
        environment: stage.environment,
        phase: 'pending',
        tests: [],
      }),
    ),
    requestedBy: request.by,
    requestedAtMs: nowMs,
    ...(request.requestKey === undefined ? {} : { requestKey: request.requestKey }),
    returns: {},
  }
}

function stageOrderHold(request: Deploy, pipeline: Pipeline, nowMs: number): Hold | undefined {
  const first = pipeline.stages[0]?.name
  if (request.stage === undefined || request.stage === first) return undefined
  if (request.emergency && pipeline.stages.some((stage) => stage.name === request.stage)) return undefined
  const names = pipeline.stages.map((stage) => stage.name).join(' → ')
  return {
    rule: 'stage-order',
    on: request.stage,
    sinceMs: nowMs,
    text: `a promotion begins at ${first}; stages are taken in order: ${names}`,
    help: 'Leave the stage out; in an emergency give a reason and an incident.',
  }
}

export function busyHold(busy: Promotion): Hold {
  return {
    rule: 'service-busy',
    on: busy.id,
    sinceMs: busy.requestedAtMs,
    text: `${busy.id} (${busy.service} ${busy.build.name}, asked for by ${busy.requestedBy}) is ${busy.phase} since ${new Date(busy.requestedAtMs).toISOString()}`,
    help: `Wait for it, or \`cofferdam promotion abort ${busy.id}\`.`,
  }
}

/** An emergency that arrived without tests and canary, and of which nobody has said yet what was done about it. */
export function needsFollowUp(promotion: Promotion): boolean {
  return promotion.phase === 'done' && promotion.emergency !== undefined && promotion.emergency.closedBy === undefined
}

export function followUpHold(open: Promotion): Hold {
  return {
    rule: 'emergency-follow-up',
    on: open.id,
    sinceMs: open.endedAtMs ?? open.requestedAtMs,
    text: `the emergency ${open.id} (${open.emergency?.incident ?? ''}: ${open.emergency?.reason ?? ''}) skipped the tests and the canary and has not been followed up`,
    help: `Say what was done: \`cofferdam promotion pass ${open.id} --reason …\`.`,
  }
}
