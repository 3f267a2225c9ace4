import { promotionWrite } from '../promotionWrite.ts'
import { CofferdamError } from '../../domain/errors.ts'
import type { Outcome } from '../../domain/holds.ts'
import { isUnderWay, type Promotion } from '../../domain/promotion/promotion.ts'
import { failedReturns } from '../../domain/promotion/returns.ts'
import { withoutTrouble } from '../../domain/promotion/testTrouble.ts'
import { isActive, type Rollout } from '../../domain/rollout/rollout.ts'
import type { NewEvent, Ports, Stored } from '../ports.ts'
import { rolloutsOf } from '../rolloutsOf.ts'

const mostTries = 5

export async function loadPromotion(ports: Ports, id: string): Promise<Stored<'promotion'>> {
  const stored = await ports.store.load('promotion', id)
  if (stored) return stored
  throw new CofferdamError('unknown-promotion', `there is no promotion "${id}"`)
}

/** Records that a person wants it back; asking twice is asking once. An ended promotion stays as it is. */
export async function askBack(
  ports: Ports,
  id: string,
  wish: {
    readonly kind: 'abort' | 'rollback'
    readonly by: string
    readonly reason: string
    readonly requestKey?: string
  },
): Promise<Promotion> {
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const stored = await loadPromotion(ports, id)
    const { document } = stored
    if (!isUnderWay(document) || document.phase === 'rolling-back' || document.wish) return document
    const atMs = ports.clock.now()
    const next: Promotion = { ...document, wish: { ...wish, atMs } }
    const event: NewEvent = {
      atMs,
      actor: wish.by,
      kind: `promotion.${wish.kind === 'abort' ? 'abort' : 'rollback'}-requested`,
      on: id,
      promotion: id,
      service: document.service,
      text: `${document.service} ${document.build.name}: ${wish.reason || 'no reason given'}`,
    }
    const committed = await ports.store.commit({
      documents: [promotionWrite(next, stored.revision)],
      events: [event],
    })
    if (committed.saved) return next
  }
  throw new CofferdamError('stale-generation', `promotion "${id}" is being changed by others`)
}

/** Lets the tests of the present stage be tried anew where they could not be run; refused where they could. */
export async function retryTests(ports: Ports, id: string, reason: string, by: string): Promise<Promotion> {
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const stored = await loadPromotion(ports, id)
    const { document } = stored
    if (!document.stages.some((stage) => stage.trouble !== undefined) || document.phase !== 'moving')
      throw new CofferdamError(
        'usage',
        `promotion "${id}" is ${document.phase}; only one that has ended, or whose tests cannot be run, is tried again`,
      )
    const next: Promotion = { ...document, stages: document.stages.map(withoutTrouble) }
    const event: NewEvent = {
      atMs: ports.clock.now(),
      actor: by,
      kind: 'promotion.retried',
      on: id,
      promotion: id,
      service: document.service,
      text: `${document.service} ${document.build.name}: its tests are tried again${reason ? `: ${reason}` : ''}`,
    }
    const committed = await ports.store.commit({
      documents: [promotionWrite(next, stored.revision)],
      events: [event],
    })
    if (committed.saved) return next
  }
  throw new CofferdamError('stale-generation', `promotion "${id}" is being changed by others`)
}

/**
 * Lets the present step pass although it is held, closes the follow-up of an ended emergency, or lets a promotion end
 * that cannot take an environment back.
 *
 * @param requestKey names this request: repeated, it does not pass the step after.
 */
export async function passHold(
  ports: Ports,
  id: string,
  reason: string,
  by: string,
  requestKey?: string,
): Promise<Outcome<Promotion>> {
  if (reason.trim() === '') throw new CofferdamError('usage', 'a hold is passed only with a reason')
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const stored = await loadPromotion(ports, id)
    const { document } = stored
    const atMs = ports.clock.now()
    const event = (kind: string): NewEvent => ({
      atMs,
      actor: by,
      kind,
      on: id,
      promotion: id,
      service: document.service,
      text: `${document.service} ${document.build.name}: ${reason}`,
    })
    if (document.phase === 'done' && document.emergency && document.emergency.closedBy === undefined) {
      const next: Promotion = { ...document, emergency: { ...document.emergency, closedBy: `${by}: ${reason}` } }
      const committed = await ports.store.commit({
        documents: [promotionWrite(next, stored.revision)],
        events: [event('emergency.followed-up')],
      })
      if (committed.saved) return { accepted: true, value: next }
      continue
    }
    const returns = new Map((await rolloutsOf(ports.store, document)).map((one) => [one.id, one]))
    if (document.phase === 'rolling-back' && failedReturns(document, returns).length > 0) {
      const next: Promotion = { ...document, leftAs: { by, reason, atMs } }
      const committed = await ports.store.commit({
        documents: [promotionWrite(next, stored.revision)],
        events: [event('hold.passed')],
      })
      if (committed.saved) return { accepted: true, value: next }
      continue
    }
    const rollouts = await ports.store.list('rollout', { service: document.service, limit: 1_000 })
    const isRepeat = rollouts.some(
      (one) => requestKey !== undefined && one.document.promotion === id && one.document.passedKey === requestKey,
    )
    if (isRepeat) return { accepted: true, value: document }
    const active = rollouts.find(
      (one) => one.document.promotion === id && isActive(one.document) && one.document.phase !== 'rolling-back',
    )
    if (!active)
      throw new CofferdamError('usage', `promotion "${id}" is ${document.phase} and holds nothing that can be passed`)
    const next = {
      ...active.document,
      passedStep: passedStepOf(active.document),
      ...(requestKey === undefined ? {} : { passedKey: requestKey }),
    }
    const committed = await ports.store.commit({
      documents: [
        {
          kind: 'rollout',
          id: active.id,
          revision: active.revision,
          document: next,
          service: next.service,
          phase: next.phase,
        },
      ],
      events: [event('hold.passed')],
    })
    if (committed.saved) return { accepted: true, value: document }
  }
  throw new CofferdamError('stale-generation', `promotion "${id}" is being changed by others`)
}

/** The step whose end is held; while instances of the next one start, that is still the step before. */
function passedStepOf(rollout: Rollout): number {
  if (rollout.phase === 'baking') return rollout.plan.steps.length
  return rollout.phase === 'preparing' ? rollout.step - 1 : rollout.step
}
