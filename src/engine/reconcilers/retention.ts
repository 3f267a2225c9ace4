import { defaultKept } from '../../domain/catalog/organisation.ts'
import type { Promotion } from '../../domain/promotion/promotion.ts'
import { promotionWrite } from '../promotionWrite.ts'
import type { Ports, Stored } from '../ports.ts'
import { rolloutsOf } from '../rolloutsOf.ts'
import { currentOrganisation } from '../world.ts'

const ended = ['done', 'rolled-back', 'aborted', 'superseded'] as const
/** A pass forgets so many at most; the next one goes on. */
const mostAtOnce = 50

/**
 * Forgets what was seen during all but the newest ended promotions. Their documents, results and events stay.
 * @returns whether some are left for another pass
 */
export async function forgetObservations(ports: Ports): Promise<boolean> {
  const { keep = defaultKept } = (await currentOrganisation(ports.store)).document
  const promotions = await ports.store.list('promotion', { phases: ended, limit: 1_000 })
  const due = promotions.slice(keep.observations).filter((one) => one.document.forgottenAtMs === undefined)
  for (const stored of due.slice(0, mostAtOnce)) await forget(ports, stored)
  return due.length > mostAtOnce
}

async function forget(ports: Ports, { id, revision, document }: Stored<'promotion'>): Promise<void> {
  const nowMs = ports.clock.now()
  const next: Promotion = { ...document, forgottenAtMs: nowMs }
  const rollouts = (await rolloutsOf(ports.store, document)).map((one) => one.id)
  const judges = await Promise.all(rollouts.map((rollout) => ports.store.load('judge', rollout)))
  const wasJudged = judges.some((judge) => judge !== undefined)
  await ports.store.commit({
    documents: [promotionWrite(next, revision)],
    forget: rollouts,
    events: wasJudged
      ? [
          {
            atMs: nowMs,
            actor: 'engine',
            kind: 'observations.forgotten',
            on: id,
            promotion: id,
            service: next.service,
            text: `${next.service} ${next.build.name}: what was seen during ${id} is no longer kept; its result is`,
          },
        ]
      : [],
  })
}
