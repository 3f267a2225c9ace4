import { promotionWrite } from '../promotionWrite.ts'
import { settingsOf } from '../../domain/promotion/planRollout.ts'
import { decidePromotion, type PromotionDecision, type PromotionSeen } from '../../domain/promotion/decide.ts'
import { isUnderWay, type Promotion } from '../../domain/promotion/promotion.ts'
import type { Rollout } from '../../domain/rollout/rollout.ts'
import type { Hold } from '../../domain/holds.ts'
import type { NewEvent, Ports, Stored } from '../ports.ts'
import type { TestRunner } from '../testRunner.ts'

export interface PromotionParts {
  readonly ports: Ports
  readonly testRunner: TestRunner
  readonly holds: Map<string, readonly Hold[]>
  readonly wakeRollout: (id: string) => void
  readonly announce: () => void
}

/** A promotion that waits for the world is looked at again after this, even when nothing was reported. */
const lookAgainMs = 2_000
const underWay = ['waiting', 'moving', 'rolling-back'] as const

/** One pass of one promotion: observe, decide, save, then see that its rollouts and tests exist. */
export async function reconcilePromotion(parts: PromotionParts, id: string): Promise<number | undefined> {
  const { ports } = parts
  const stored = await ports.store.load('promotion', id)
  if (!stored || !isUnderWay(stored.document)) {
    parts.holds.delete(id)
    return undefined
  }
  const seen = await observe(ports, stored.document)
  const nowMs = ports.clock.now()
  const decision = decidePromotion(stored.document, seen, nowMs)
  parts.holds.set(id, decision.holds)
  if (decision.promotion !== stored.document && !(await save(ports, stored, decision, nowMs))) return nowMs
  if (decision.promotion !== stored.document) parts.announce()
  await perform(parts, decision, seen)
  return isUnderWay(decision.promotion) ? nowMs + lookAgainMs : undefined
}

async function observe(ports: Ports, promotion: Promotion): Promise<PromotionSeen> {
  const { store } = ports
  // Rollouts before pools: one that has completed is never seen beside the pool from before it.
  const rollouts = await store.list('rollout', { service: promotion.service, limit: 1_000 })
  const [organisation, pools, others] = await Promise.all([
    store.load('organisation', promotion.organisation),
    store.list('pool', { service: promotion.service, limit: 1_000 }),
    store.list('promotion', { phases: underWay, limit: 1_000 }),
  ])
  if (!organisation) throw new Error(`configuration ${promotion.organisation} of ${promotion.id} is not stored`)
  const service = organisation.document.services.find((one) => one.name === promotion.service)
  return {
    pipeline: settingsOf(organisation.document, promotion.service).pipeline,
    tests: service?.tests ?? [],
    settings: new Map(
      organisation.document.environments.map(({ name, settings }) => [
        name,
        promotion.settings?.[name] ?? settings[promotion.service] ?? {},
      ]),
    ),
    pools: new Map(pools.map(({ document }) => [document.environment, document])),
    rollouts: new Map(
      rollouts.filter((one) => one.document.promotion === promotion.id).map((one) => [one.id, one.document]),
    ),
    takenBy: takenBy(
      promotion,
      others.map((one) => one.document),
    ),
  }
}

/** A test environment takes one promotion at a time; the one that came first goes first. */
function takenBy(promotion: Promotion, others: readonly Promotion[]): PromotionSeen['takenBy'] {
  const taken = new Map<string, { promotion: string; sinceMs: number }>()
  for (const other of others) {
    if (other.id === promotion.id) continue
    for (const stage of other.stages) {
      const inIt = stage.kind === 'test' && stage.startedAtMs !== undefined
      if (inIt) taken.set(stage.environment, { promotion: other.id, sinceMs: stage.startedAtMs ?? other.requestedAtMs })
    }
  }
  return taken
}

async function save(
  ports: Ports,
  stored: Stored<'promotion'>,
  decision: PromotionDecision,
  nowMs: number,
): Promise<boolean> {
  const next = decision.promotion
  const committed = await ports.store.commit({
    documents: [promotionWrite(next, stored.revision)],
    events: eventsOf(stored.document, next, nowMs),
  })
  return committed.saved
}

async function perform(parts: PromotionParts, decision: PromotionDecision, seen: PromotionSeen): Promise<void> {
  for (const rollout of decision.create) await createRollout(parts, rollout)
  for (const { rollout, text } of decision.takeBack) await askBack(parts, rollout, text)
  const { runTests, promotion } = decision
  if (runTests !== undefined) parts.testRunner.run(promotion, runTests, seen.tests)
  else parts.testRunner.stop(promotion.id)
}

async function createRollout(parts: PromotionParts, rollout: Rollout): Promise<void> {
  const event: NewEvent = {
    atMs: rollout.startedAtMs,
    actor: 'engine',
    kind: 'rollout.preparing',
    on: rollout.id,
    promotion: rollout.promotion,
    service: rollout.service,
    environment: rollout.environment,
    text: `${rollout.service} in ${rollout.environment}: from ${rollout.from.name} to ${rollout.to.name}`,
  }
  await parts.ports.store.commit({
    documents: [
      {
        kind: 'rollout',
        id: rollout.id,
        revision: 0,
        document: rollout,
        service: rollout.service,
        phase: rollout.phase,
      },
    ],
    events: [event],
  })
  parts.announce()
  parts.wakeRollout(rollout.id)
}

/** Writes the wish into the rollout; the rollout itself decides and moves the traffic. */
async function askBack(parts: PromotionParts, id: string, text: string): Promise<void> {
  const stored = await parts.ports.store.load('rollout', id)
  if (!stored || stored.document.wish || stored.document.phase === 'rolling-back') return
  const document: Rollout = {
    ...stored.document,
    wish: { kind: 'back', cause: 'command', text, atMs: parts.ports.clock.now() },
  }
  await parts.ports.store.commit({
    documents: [
      { kind: 'rollout', id, revision: stored.revision, document, service: document.service, phase: document.phase },
    ],
  })
  parts.wakeRollout(id)
}

function eventsOf(before: Promotion, next: Promotion, nowMs: number): readonly NewEvent[] {
  const about = { atMs: nowMs, actor: 'engine', on: next.id, promotion: next.id, service: next.service }
  const events: NewEvent[] = []
  for (const stage of next.stages) {
    const was = before.stages.find((one) => one.name === stage.name)
    if (was?.phase === stage.phase) continue
    events.push({
      ...about,
      kind: `stage.${stage.phase}`,
      environment: stage.environment,
      text: `${next.service} ${next.build.name}: ${stage.name} ${stage.phase}`,
    })
  }
  if (before.phase !== next.phase) {
    const text = next.result?.text ?? `${next.service} ${next.build.name} is ${next.phase}`
    events.push({
      ...about,
      kind: `promotion.${next.phase}`,
      text,
      ...(next.result?.cause ? { data: { cause: next.result.cause, stage: next.result.stage } } : {}),
    })
  }
  return events
}
