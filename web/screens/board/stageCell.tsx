import type { ReactNode } from 'react'
import type { Promotion, Status } from '../../../src/http/contract/documents.ts'
import { duration, percent, plural } from '../../format/units.ts'
import { buildOf, isUnderWay } from '../../live/needs.ts'
import { BuildName } from '../../parts/buildName.tsx'
import { HoldLine } from '../../parts/holdLine.tsx'
import { MiniHosts } from '../../parts/hostGrid.tsx'
import { PromotionLink } from '../../parts/promotionLink.tsx'
import { roleOfStage } from '../../parts/roleMark.tsx'
import { ShareBar } from '../../parts/shareBar.tsx'
import { StatusBadge } from '../../parts/statusBadge.tsx'
import { TimeAgo } from '../../parts/timeAgo.tsx'
import { useNow } from '../../live/clock.ts'
import { cameHomeLately } from './sayBoard.ts'

type Stage = Status['stages'][number]
export type ServiceHere = Status['environments'][number]['services'][number]

interface CellProps {
  readonly stage: Stage
  readonly next: Stage | undefined
  /** What moves, else what moved last. */
  readonly promotion: Promotion | undefined
  readonly here: ServiceHere | undefined
}

/** One service at one stage. */
export function StageCell(props: CellProps) {
  const { stage, next, promotion, here } = props
  const trip = promotion?.stages.find((one) => one.name === stage.name)
  const isHere = promotion !== undefined && isUnderWay(promotion) && promotion.stage === stage.name
  const isHeld = isHere && promotion.holds.length > 0 && !isJustStarting(promotion)
  const track = next && (
    <span
      className={`track ${trackLook(promotion, stage, next, isHeld)} r-${roleOfStage(next.kind)}`}
      aria-hidden="true"
    />
  )
  return (
    <div className="cell" role="cell" data-stage={stage.name.charAt(0).toUpperCase() + stage.name.slice(1)}>
      <div className="rail-top">
        {buildHere(props, isHere)}
        {isHere && <PromotionLink id={promotion.id} />}
        {track}
      </div>
      {isHere ? (
        <Moving promotion={promotion} stage={stage} />
      ) : (
        <Resting promotion={promotion} trip={trip} stage={stage} here={here} />
      )}
      {promotion !== undefined && !isHere && promotion.stage === stage.name && <Ended promotion={promotion} />}
      {isHere && promotion.holds.map((hold) => <HoldLine key={`${hold.rule} ${hold.on}`} hold={hold} brief />)}
    </div>
  )
}

/** What stands in the cell: the candidate where it is, else what serves there. */
function buildHere({ stage, promotion, here }: CellProps, isHere: boolean): ReactNode {
  const role = roleOfStage(stage.kind)
  if (stage.kind === 'canary')
    return isHere && promotion ? (
      <BuildName role={role} name={buildOf(promotion).name} />
    ) : (
      <span className="idle">empty</span>
    )
  if (isHere && promotion && stage.kind === 'test') return <BuildName role={role} name={buildOf(promotion).name} />
  return here ? <BuildName role={role} name={here.stable} /> : <span className="idle">empty</span>
}

function isJustStarting(promotion: Promotion): boolean {
  return promotion.holds.every((hold) => hold.rule === 'not-ready' || hold.rule === 'tests-running')
}

function trackLook(promotion: Promotion | undefined, stage: Stage, next: Stage, isHeld: boolean): string {
  if (promotion === undefined || !isUnderWay(promotion)) return 'none'
  if (promotion.stage === stage.name) return isHeld ? 'wall' : ''
  return promotion.stage === next.name && promotion.phase === 'moving' ? 'go' : 'none'
}

function Moving({ promotion, stage }: { readonly promotion: Promotion; readonly stage: Stage }) {
  const { rollout, phase } = promotion
  if (phase === 'rolling-back')
    return (
      <p>
        <StatusBadge kind="rolling-back">on its way back</StatusBadge>
      </p>
    )
  if (phase === 'waiting')
    return (
      <p>
        <StatusBadge kind="wait">waits for its turn</StatusBadge>
      </p>
    )
  if (stage.kind === 'test' || rollout === undefined) return <Testing promotion={promotion} stage={stage} />
  if (stage.kind === 'canary') return <Sharing rollout={rollout} />
  return <Replacing rollout={rollout} />
}

function Testing({ promotion, stage }: { readonly promotion: Promotion; readonly stage: Stage }) {
  const tests = promotion.stages.find((one) => one.name === stage.name)?.tests ?? []
  const passed = tests.filter((test) => test.passed).length
  return (
    <p>
      <StatusBadge kind="run">
        {tests.length === 0 ? 'starts, then its tests' : `${plural(passed, 'test')} passed so far`}
      </StatusBadge>
    </p>
  )
}

type Rollout = NonNullable<Promotion['rollout']>

function Sharing({ rollout }: { readonly rollout: Rollout }) {
  const { plan, share, arms } = rollout
  const present = plan.steps[plan.step]
  const next = plan.steps[plan.step + 1]
  const then = next?.share === undefined ? 'then hosts' : `then ${percent(next.share)}`
  return (
    <>
      <p>
        <StatusBadge kind="run">
          {share.set === 0
            ? `guests start for ${percent(present?.share ?? 0)}`
            : `${percent(share.set)} of traffic, ${then}`}
        </StatusBadge>
      </p>
      <ShareBar look="thin" label="Traffic" shares={{ canary: share.set, baseline: share.set }} />
      <p className="muted">
        {arms.canary.requests === 0
          ? 'no request yet'
          : `${plural(arms.canary.requests, 'request')}, ${percent(arms.canary.bad / arms.canary.requests)} bad`}
      </p>
    </>
  )
}

function Replacing({ rollout }: { readonly rollout: Rollout }) {
  const { hosts, phase, plan, judged } = rollout
  const words = phase === 'baking' ? `bakes ${duration(plan.bakeMs)}` : `${hosts.onNew} of ${hosts.total} hosts`
  return (
    <>
      <p>
        <StatusBadge kind="run">{words}</StatusBadge>
      </p>
      <MiniHosts total={hosts.total} onNew={hosts.onNew} ready={hosts.total} />
      {judged !== undefined && (
        <p className="muted">
          watched {duration(judged.ms)} of {duration(judged.minimumMs)}
        </p>
      )}
    </>
  )
}

function Resting(props: {
  readonly promotion: Promotion | undefined
  readonly trip: Promotion['stages'][number] | undefined
  readonly stage: Stage
  readonly here: ServiceHere | undefined
}) {
  const { promotion, trip, stage, here } = props
  const now = useNow(15_000)
  const cameHome = promotion !== undefined && promotion.stage === stage.name && cameHomeLately(promotion, now)
  if (cameHome) return <CameHome promotion={promotion} here={stage.kind === 'production' ? here : undefined} />
  if (stage.kind === 'production') return <Serving here={here} />
  if (trip?.phase === 'passed' && trip.startedAt !== undefined && trip.endedAt !== undefined) {
    const tookMs = Date.parse(trip.endedAt) - Date.parse(trip.startedAt)
    return (
      <p>
        <StatusBadge kind="pass">
          {stage.kind === 'canary' && promotion ? `${buildOf(promotion).name} passed` : 'passed'} in {duration(tookMs)}
        </StatusBadge>
      </p>
    )
  }
  if (promotion !== undefined && isUnderWay(promotion) && trip?.phase === 'pending')
    return <p className="idle">{buildOf(promotion).name} comes next.</p>
  return stage.kind === 'test' ? <Serving here={here} /> : null
}

/** What the last promotion became, where it did, and when: the way to its page. */
function Ended({ promotion }: { readonly promotion: Promotion }) {
  const { endedAt, phase } = promotion
  const now = useNow(15_000)
  if (endedAt === undefined || cameHomeLately(promotion, now)) return null
  const became = phase === 'done' ? 'arrived' : phase === 'superseded' ? 'gave way' : 'came home'
  return (
    <p className="muted">
      <span>
        {buildOf(promotion).name} {became} <TimeAgo at={endedAt} />
      </span>
      <PromotionLink id={promotion.id} />
    </p>
  )
}

function CameHome({ promotion, here }: { readonly promotion: Promotion; readonly here: ServiceHere | undefined }) {
  const { result, endedAt, phase } = promotion
  return (
    <>
      <p>
        <StatusBadge kind="fail">
          {buildOf(promotion).name} {phase === 'aborted' ? 'was aborted' : 'came home'}{' '}
          {endedAt !== undefined && <TimeAgo at={endedAt} />}
        </StatusBadge>{' '}
        <PromotionLink id={promotion.id} />
      </p>
      {result && <p className="came-home">{result.text}</p>}
      {here && <Serving here={here} />}
    </>
  )
}

function Serving({ here }: { readonly here: ServiceHere | undefined }) {
  if (!here) return null
  // Guests serve a share beside the hosts; they are none of them.
  const hosts = here.hosts.filter((host) => host.layer !== 'canary' && host.layer !== 'baseline')
  const ready = hosts.filter((host) => host.ready).length
  const total = hosts.length
  const isWhole = ready === total
  return (
    <>
      <p>
        <StatusBadge kind={isWhole ? 'pass' : 'fail'}>
          {ready} of {plural(total, 'host')}
          {isWhole ? '' : ' ready'}
        </StatusBadge>
      </p>
      {total > 1 && <MiniHosts total={total} onNew={ready} ready={ready} />}
    </>
  )
}
