import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { isUnderWay } from '../../live/needs.ts'
import { promotionQuery } from '../../live/queries.ts'
import { HoldLine } from '../../parts/holdLine.tsx'
import { Loading } from '../../parts/loading.tsx'
import { Section } from '../../parts/section.tsx'
import { StageRail } from '../../parts/stageRail.tsx'
import { TimeAgo } from '../../parts/timeAgo.tsx'
import { Unknown } from '../../parts/unknown.tsx'
import { usePageTitle } from '../../shell/pageTitle.ts'
import { ChangeSection } from './changeSection.tsx'
import { EvidenceSection } from './evidenceSection.tsx'
import { FindingsSection } from './findingsSection.tsx'
import { HostsSection } from './hostsSection.tsx'
import { LogsSection } from './logsSection.tsx'
import { MetricsSection } from './metricsSection.tsx'
import { TestsSection } from './testsSection.tsx'
import { TimelineSection } from './timelineSection.tsx'
import { VerdictCard } from './verdictCard.tsx'
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
  if (promotion.isError && !promotion.data) return <Unknown error={promotion.error} what={`Promotion ${id}`} />
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
        <Link to="/services/$name" params={{ name: promotion.service }}>
          {promotion.service}
        </Link>
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
      <VerdictCard promotion={promotion} />
      <PromotionFacts promotion={promotion} />
      <StageRail steps={railSteps(promotion)} />
      <div className="cols with-side">
        <div>
          {isUnderWay(promotion) && promotion.holds.length > 0 && <WhySection holds={promotion.holds} />}
          {isUnderWay(promotion) ? <WhileItMoves promotion={promotion} /> : <AfterItsEnd promotion={promotion} />}
        </div>
        <aside>
          <HostsSection promotion={promotion} />
          <TestsSection promotion={promotion} />
          <TimelineSection id={promotion.id} />
        </aside>
      </div>
    </>
  )
}

/** Is it good, and how sure is that. */
function WhileItMoves({ promotion }: { readonly promotion: Promotion }) {
  return (
    <>
      <FindingsSection promotion={promotion} />
      <TrafficSection promotion={promotion} />
      <EvidenceSection promotion={promotion} />
      <MetricsSection promotion={promotion} />
      <LogsSection promotion={promotion} />
      <ChangeSection promotion={promotion} />
    </>
  )
}

/** Where to look first: what failed requests share, the measure that decided, what was written, what changed. */
function AfterItsEnd({ promotion }: { readonly promotion: Promotion }) {
  return (
    <>
      <FindingsSection promotion={promotion} />
      <MetricsSection promotion={promotion} />
      <LogsSection promotion={promotion} />
      <ChangeSection promotion={promotion} />
      <TrafficSection promotion={promotion} />
      <EvidenceSection promotion={promotion} />
    </>
  )
}

function WhySection({ holds }: { readonly holds: Promotion['holds'] }) {
  return (
    <Section title="Why it waits">
      <div className="holds">
        {holds.map((hold) => (
          <HoldLine key={`${hold.rule} ${hold.on}`} hold={hold} />
        ))}
      </div>
    </Section>
  )
}
