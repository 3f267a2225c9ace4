import type { Promotion } from '../domain/promotion/promotion.ts'
import type { Rollout } from '../domain/rollout/rollout.ts'
import type { Store } from './ports.ts'

/** Every rollout of one promotion that exists: those of its stages, then those that take environments back. */
export async function rolloutsOf(store: Store, promotion: Promotion): Promise<readonly Rollout[]> {
  const ids = new Set([
    ...promotion.stages.flatMap((stage) => stage.rollout ?? []),
    ...Object.values(promotion.returns),
  ])
  const found = await Promise.all([...ids].map((id) => store.load('rollout', id)))
  return found.flatMap((one) => (one ? [one.document] : []))
}
