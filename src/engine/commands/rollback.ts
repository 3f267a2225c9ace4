import { unknownService } from '../../domain/catalog/unknownService.ts'
import { CofferdamError } from '../../domain/errors.ts'
import { settingsOf } from '../../domain/promotion/planRollout.ts'
import { isUnderWay, type Promotion } from '../../domain/promotion/promotion.ts'
import { runsAlready } from '../../domain/rollout/pool.ts'
import type { Rollback } from '../api.ts'
import { promotionWrite } from '../promotionWrite.ts'
import type { Ports } from '../ports.ts'
import { currentOrganisation } from '../world.ts'
import { askBack } from './changePromotion.ts'
import { findBegun, newId, newPromotion, productionPool } from './deploy.ts'
import { findBuild } from './findBuild.ts'

/** One shift back, never held: what moves or bakes goes back itself; else a new promotion goes to the build before. */
export async function requestRollback(ports: Ports, request: Rollback): Promise<Promotion> {
  const { store, clock } = ports
  const current = await currentOrganisation(store)
  const known = current.document.services.map((one) => one.name)
  if (!known.includes(request.service)) throw unknownService(request.service, known)
  const promotions = (await store.list('promotion', { service: request.service, limit: 1_000 })).map(
    (one) => one.document,
  )
  const key = request.requestKey === undefined ? {} : { requestKey: request.requestKey }
  const begun = findBegun(promotions, request.requestKey, clock.now())
  if (begun) return begun
  const busy = promotions.find(isUnderWay)
  if (busy) return askBack(ports, busy.id, { kind: 'rollback', by: request.by, reason: request.reason ?? '', ...key })
  const { pipeline } = settingsOf(current.document, request.service)
  const pool = await productionPool(ports, pipeline, request.service)
  const to = request.to === undefined ? pool?.previous : await findBuild(store, request.service, request.to)
  if (!pool || !to)
    throw new CofferdamError(
      'unknown-build',
      `"${request.service}" has no build before "${pool?.stable.name ?? 'none'}" to go back to; name one with --to`,
    )
  // Named, what runs already is what runs already: only the way back itself takes settings back under the same build.
  const isBefore = request.to === undefined || (to.digest === pool.previous?.digest && to.digest !== pool.stable.digest)
  const settings = (isBefore ? pool.previousSettings : undefined) ?? pool.settings
  if (runsAlready(pool, to, settings))
    throw new CofferdamError('usage', `"${request.service}" already runs ${to.name} on every host`)
  const nowMs = clock.now()
  const stages = pipeline.stages.filter((stage) => stage.kind === 'production')
  const promotion = newPromotion(
    await newId(ports),
    current.id,
    {
      service: request.service,
      build: to,
      by: request.by,
      kind: 'rollback',
      ...(settings === undefined ? {} : { settings: { [pool.environment]: settings } }),
      ...key,
    },
    stages,
    nowMs,
  )
  await store.commit({
    documents: [promotionWrite(promotion, 0)],
    events: [
      {
        atMs: nowMs,
        actor: request.by,
        kind: 'rollback.requested',
        on: promotion.id,
        promotion: promotion.id,
        service: promotion.service,
        text: `${promotion.service}: back to ${to.name}${request.reason ? `: ${request.reason}` : ''}`,
      },
    ],
  })
  return promotion
}
