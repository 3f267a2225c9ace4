import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { isUnderWay } from '../../live/needs.ts'
import { promotionQuery } from '../../live/queries.ts'
import { HoldLine } from '../../parts/holdLine.tsx'
import { Loading } from '../../parts/loading.tsx'
import { Problem } from '../../parts/problem.tsx'
import { Section } from '../../parts/section.tsx'
import { StageRail } from '../../parts/stageRail.tsx'
import { TimeAgo } from '../../parts/timeAgo.tsx'
import { usePageTitle } from '../../shell/pageTitle.ts'
import { PromotionActions } from './promotionActions.tsx'
import { PromotionFacts } from './promotionFacts.tsx'
import { railSteps } from './railSteps.ts'
import { sayPromotion } from './sayPromotion.ts'
import { TrafficSection } from './trafficSection.tsx'

const route = getRouteApi('/promotions/$id')

/** Is this build good, what comes next, how is it stopped; afterwards what happened and where to look. */
export function PromotionPage() {
  const { id } = route.useParams()
  const promotion = useQuery(promotionQuery(id))
  if (promotion.isError && !promotion.data) return <Problem error={promotion.error} what={`Promotion ${id}`} />
  if (!promotion.data) return <Loading what={`promotion ${id}`} />
  return <PromotionView promotion={promotion.data} />
}

function PromotionView({ promotion }: { readonly promotion: Promotion }) {
  const said = sayPromotion(promotion)
  usePageTitle(said.brief)
  return (
    <>
      <nav className="crumb" aria-label="Breadcrumb">
        <Link to="/">Board</Link>
        <span aria-hidden="true">/</span>
        <span>{promotion.service}</span>
        <span aria-hidden="true">/</span>
        <code>{promotion.id}</code>
        <span>
          asked for by {promotion.requestedBy} <TimeAgo at={promotion.requestedAt} />
        </span>
      </nav>
      <div className="head">
        <div>
          <h1>{said.title}</h1>
          <p className="lede">{said.lede}</p>
        </div>
        <PromotionActions promotion={promotion} />
      </div>
      <PromotionFacts promotion={promotion} />
      <StageRail steps={railSteps(promotion)} />
      {isUnderWay(promotion) && promotion.holds.length > 0 && (
        <Section title="Why it waits">
          <div className="holds">
            {promotion.holds.map((hold) => (
              <HoldLine key={`${hold.rule} ${hold.on}`} hold={hold} />
            ))}
          </div>
        </Section>
      )}
      <TrafficSection promotion={promotion} />
    </>
  )
}
