import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Status } from '../../../src/http/contract/documents.ts'
import { count, plural } from '../../format/units.ts'
import { promotionsQuery, statusQuery, trafficQuery } from '../../live/queries.ts'
import { isUnderWay } from '../../live/needs.ts'
import { CommandLine } from '../../parts/commandLine.tsx'
import { Loading } from '../../parts/loading.tsx'
import { PromotionLink } from '../../parts/promotionLink.tsx'
import { RoleMark, roleOfStage } from '../../parts/roleMark.tsx'
import { StatusBadge } from '../../parts/statusBadge.tsx'
import { Unknown } from '../../parts/unknown.tsx'
import { usePageTitle } from '../../shell/pageTitle.ts'
import { countHosts, loadOf, sayLoad } from '../environment/sayEnvironment.ts'

/** All environments: where each is entered, what is in it, what moves there. */
export function EnvironmentsPage() {
  usePageTitle('Environments')
  const status = useQuery(statusQuery)
  if (status.isError && !status.data) return <Unknown error={status.error} what="The list of environments" />
  if (!status.data) return <Loading what="the environments" />
  const { environments } = status.data
  const all = environments.map(countHosts)
  const ready = all.reduce((sum, one) => sum + one.ready, 0)
  const total = all.reduce((sum, one) => sum + one.total, 0)
  return (
    <>
      <div className="head">
        <div>
          <h1>
            {total === 0
              ? 'No environment has a host yet.'
              : `${plural(environments.length, 'environment')}, ${count(ready)} of ${plural(total, 'host')} ready.`}
          </h1>
          <p className="lede">
            Each has doors, hosts and data of its own; a build goes through them in the order of the pipeline.
          </p>
        </div>
        <div className="acts-col">
          <CommandLine command="./cofferdam status" />
        </div>
      </div>
      {environments.length === 0 ? (
        <p className="soft none">
          Environments stand in a cofferdam.yaml. <code>./cofferdam up</code> starts what it names.
        </p>
      ) : (
        <EnvironmentTable status={status.data} />
      )}
    </>
  )
}

function EnvironmentTable({ status }: { readonly status: Status }) {
  return (
    <table className="rows stack environments">
      <thead>
        <tr>
          <th scope="col">Environment</th>
          <th scope="col">Stages</th>
          <th scope="col">Front door</th>
          <th scope="col">Hosts</th>
          <th scope="col">Traffic</th>
          <th scope="col">Moves</th>
        </tr>
      </thead>
      <tbody>
        {status.environments.map((environment) => (
          <EnvironmentRow key={environment.name} status={status} environment={environment} />
        ))}
      </tbody>
    </table>
  )
}

function EnvironmentRow(props: { readonly status: Status; readonly environment: Status['environments'][number] }) {
  const { status, environment } = props
  const { name, front, services } = environment
  const { data: traffic } = useQuery(trafficQuery)
  const { data: promotions = [] } = useQuery(promotionsQuery)
  const { ready, total } = countHosts(environment)
  const stages = status.stages.filter((stage) => stage.environment === name)
  const moving = promotions.filter((one) => isUnderWay(one) && stages.some((stage) => stage.name === one.stage))
  return (
    <tr>
      <td className="lead">
        <Link to="/environments/$name" params={{ name }}>
          {name}
        </Link>
        <small className="muted">{plural(services.length, 'service')}</small>
      </td>
      <td data-l="stages">
        <ul className="layer-list">
          {stages.map((stage) => (
            <li key={stage.name} className="by">
              <RoleMark role={roleOfStage(stage.kind)} />
              {stage.name}
            </li>
          ))}
        </ul>
        {stages.length === 0 && <span className="muted">none: builds do not come in by themselves</span>}
      </td>
      <td data-l="front door">
        <a href={front} target="_blank" rel="noreferrer">
          <code>{front.replace('http://', '')}</code>
        </a>
      </td>
      <td data-l="hosts">
        <StatusBadge kind={ready === total ? 'pass' : 'fail'}>
          {ready} of {total} ready
        </StatusBadge>
      </td>
      <td data-l="traffic">{sayLoad(loadOf(traffic, name))}</td>
      <td data-l="moves">
        {moving.length === 0 && <span className="muted">nothing</span>}
        <ul className="layer-list">
          {moving.map((one) => (
            <li key={one.id}>
              {one.service} <PromotionLink id={one.id} />{' '}
              <span className="muted">{one.holds[0]?.text ?? one.stage}</span>
            </li>
          ))}
        </ul>
      </td>
    </tr>
  )
}
