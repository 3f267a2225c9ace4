import type { ReactNode } from 'react'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { count, duration, percent, shortDigest } from '../../format/units.ts'
import { buildOf, isUnderWay } from '../../live/needs.ts'

/** The title block: what changes, how far it is, what it served, how sure the judge must be. */
export function PromotionFacts({ promotion }: { readonly promotion: Promotion }) {
  const { rollout, replaces } = promotion
  const build = buildOf(promotion)
  const facts: readonly (readonly [string, ReactNode, string])[] = [
    ['Change', replaces === undefined ? build.name : `${replaces.name} to ${build.name}`, shortDigest(build.digest)],
    ...(rollout?.judged && isUnderWay(promotion)
      ? [['At this step', duration(rollout.judged.ms), `of ${duration(rollout.judged.minimumMs)} at least`] as const]
      : []),
    ...(rollout ? [['Requests to it', count(rollout.arms.canary.requests), badOf(rollout.arms.canary)] as const] : []),
    ...(rollout?.evidence
      ? [['False alarm at most', `1 in ${Math.round(rollout.evidence.limit)} rollouts`, ''] as const]
      : []),
    ...(rollout && isUnderWay(promotion)
      ? [['Way back', rollout.plan.keepsPrevious ? 'open until the bake ends' : 'by a new start', ''] as const]
      : []),
    ...(promotion.emergency ? [['Emergency', promotion.emergency.incident, promotion.emergency.reason] as const] : []),
  ]
  return (
    <dl className="facts">
      {facts.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value} <small>{note}</small>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function badOf({ requests, bad }: { readonly requests: number; readonly bad: number }): string {
  return requests === 0 ? 'none yet' : `${count(bad)} bad, ${percent(bad / requests)}`
}
