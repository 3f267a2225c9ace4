import { useQuery } from '@tanstack/react-query'
import type { HeldPromotion, Promotion } from '../../src/http/contract/documents.ts'
import { needsPerson } from '../parts/holdLine.tsx'
import { holdsQuery, promotionsQuery } from './queries.ts'

/** Something that only a person can move on. */
export interface Need {
  readonly promotion: string
  readonly service: string
  readonly build: string
  readonly hold: Promotion['holds'][number]
}

/** What waits for a person now: holds at a deadline, and follow-ups of emergencies that have ended. */
export function useNeeds(): readonly Need[] {
  const { data: promotions = [] } = useQuery(promotionsQuery)
  const { data: holds = [] } = useQuery(holdsQuery)
  return findNeeds(promotions, holds)
}

/** The holds that only a person can end, each once. */
export function findNeeds(promotions: readonly Promotion[], holds: readonly HeldPromotion[]): readonly Need[] {
  const own = promotions.flatMap((one) =>
    one.holds.filter(needsPerson).map((hold) => ({ promotion: one.id, ...namesOf(one), hold })),
  )
  const others = holds
    .filter((hold) => needsPerson(hold) && !own.some((need) => need.promotion === hold.promotion))
    .flatMap(({ promotion, ...hold }) => {
      const one = promotions.find(({ id }) => id === promotion)
      // A hold that came with an old answer says nothing of a promotion that the stream has ended since.
      if (one === undefined || hold.rule !== 'emergency-follow-up') return []
      return [{ promotion, ...namesOf(one), hold }]
    })
  return [...own, ...others]
}

function namesOf(promotion: Promotion): { readonly service: string; readonly build: string } {
  return { service: promotion.service, build: buildOf(promotion).name }
}

/** The build that a promotion carries. */
export function buildOf(promotion: Promotion): { readonly name: string; readonly digest: string } {
  const { service, candidate } = promotion
  return candidate.builds[service] ?? { name: candidate.digest, digest: candidate.digest }
}

/** It has neither arrived nor come home yet. */
export function isUnderWay({ phase }: Pick<Promotion, 'phase'>): boolean {
  return phase === 'waiting' || phase === 'moving' || phase === 'rolling-back'
}
