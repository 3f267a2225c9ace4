import { memo } from 'react'
import type { Promotion, Status } from '../../../src/http/contract/documents.ts'
import { isUnderWay } from '../../live/needs.ts'
import { RoleMark, roleOfStage } from '../../parts/roleMark.tsx'
import { ServiceCell } from './serviceCell.tsx'
import { StageCell, type ServiceHere } from './stageCell.tsx'

type Stage = Status['stages'][number]

/** Services by stage: per cell a build, a state, a measure, and why it does not move. */
export function ServiceTable(props: {
  readonly status: Status
  readonly promotions: readonly Promotion[]
  readonly onlyMoving: boolean
  readonly owner?: string
}) {
  const { status, promotions, onlyMoving, owner } = props
  const services = servicesOf(status)
    .filter((one) => owner === undefined || one.owner === owner)
    .map((one) => ({ ...one, promotion: latestOf(promotions, one.name) }))
    .filter(({ promotion }) => !onlyMoving || (promotion !== undefined && isUnderWay(promotion)))
  return (
    <>
      <div
        className="board"
        role="table"
        aria-label="Services by stage"
        style={{ ['--stages' as string]: status.stages.length }}
      >
        <div className="row-head" role="row">
          <div className="th" role="columnheader">
            <h2>Service</h2>
            <p>{services.length === 1 ? '1 service' : `${services.length} services`}</p>
          </div>
          {status.stages.map((stage) => (
            <div className="th" role="columnheader" key={stage.name}>
              <h2>
                <RoleMark role={roleOfStage(stage.kind)} />
                {stage.name.charAt(0).toUpperCase() + stage.name.slice(1)}
              </h2>
              <p>{stageWords(stage)}</p>
            </div>
          ))}
        </div>
        {services.map(({ name, owner: team, promotion }) => (
          <ServiceRow key={name} name={name} owner={team} promotion={promotion} status={status} />
        ))}
      </div>
      {services.length === 0 && (
        <p className="soft none">
          {onlyMoving ? 'Nothing moves and nothing is held now.' : 'No service of this owner runs here.'}
        </p>
      )}
      <Legend />
    </>
  )
}

interface RowProps {
  readonly name: string
  readonly owner: string
  readonly promotion: Promotion | undefined
  readonly status: Status
}

const ServiceRow = memo(function ServiceRow(props: RowProps) {
  const { name, owner, promotion, status } = props
  return (
    <div className="row" role="row">
      <ServiceCell name={name} owner={owner} environment={status.stages.at(-1)?.environment ?? ''} />
      {status.stages.map((stage, index) => (
        <StageCell
          key={stage.name}
          stage={stage}
          next={status.stages[index + 1]}
          promotion={promotion}
          here={findHere(status, stage, name)}
        />
      ))}
    </div>
  )
}, sameRow)

/** A row is drawn again for what it shows, not for what moves elsewhere. */
function sameRow(before: RowProps, after: RowProps): boolean {
  return (
    before.promotion === after.promotion &&
    before.name === after.name &&
    before.status.stages === after.status.stages &&
    before.status.stages.every(
      (stage) => findHere(before.status, stage, before.name) === findHere(after.status, stage, after.name),
    )
  )
}

function findHere(status: Status, stage: Stage, service: string): ServiceHere | undefined {
  return status.environments.find((one) => one.name === stage.environment)?.services.find((one) => one.name === service)
}

function servicesOf(status: Status): readonly { readonly name: string; readonly owner: string }[] {
  const found = new Map<string, string>()
  for (const { services } of status.environments) for (const { name, owner } of services) found.set(name, owner)
  return [...found].map(([name, owner]) => ({ name, owner }))
}

/** What moves, else what moved last: they come newest first. */
function latestOf(promotions: readonly Promotion[], service: string): Promotion | undefined {
  const own = promotions.filter((one) => one.service === service)
  return own.find(isUnderWay) ?? own[0]
}

function stageWords({ kind, environment, name }: Stage): string {
  if (kind === 'test') return 'its tests, no request of a user'
  if (kind === 'canary') return `a share of ${environment}, watched`
  return name === environment ? 'host by host, then a bake' : `host by host in ${environment}, then a bake`
}

function Legend() {
  return (
    <div className="legend" role="group" aria-label="Legend">
      {(['stable', 'canary', 'baseline', 'staging'] as const).map((role) => (
        <span key={role}>
          <RoleMark role={role} />
          {role}
        </span>
      ))}
      <span>
        <svg width="6" height="16" viewBox="0 0 6 16" aria-hidden="true">
          <path d="M1 0v3l4 2.5v5L1 13v3" fill="none" stroke="currentColor" strokeWidth="1.5" />
        </svg>
        held, with the reason
      </span>
    </div>
  )
}
