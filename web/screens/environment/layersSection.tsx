import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { EnvironmentDocument, Promotion, Status } from '../../../src/http/contract/documents.ts'
import { percent, plural, shortDigest } from '../../format/units.ts'
import { isUnderWay } from '../../live/needs.ts'
import { promotionsQuery, trafficQuery } from '../../live/queries.ts'
import { HostGrid } from '../../parts/hostGrid.tsx'
import { PromotionLink } from '../../parts/promotionLink.tsx'
import { type Role, RoleMark } from '../../parts/roleMark.tsx'
import { Section } from '../../parts/section.tsx'
import { loadOf, sayLoad } from './sayEnvironment.ts'

type Layer = EnvironmentDocument['layers'][number]
type Service = Status['environments'][number]['services'][number]

/** Builds of each service and who gets them, in the order in which they are asked, with the hosts that serve them. */
export function LayersSection(props: {
  readonly environment: EnvironmentDocument
  readonly here: Status['environments'][number]
}) {
  const { environment, here } = props
  const { data: promotions = [] } = useQuery(promotionsQuery)
  const stages = environment.policy.stages.map(({ name }) => name)
  return (
    <Section title="Layers and hosts" note="who gets which build, in the order in which they are asked">
      <table className="rows stack layers">
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">Layers</th>
            <th scope="col">Hosts</th>
            <th scope="col" className="num">
              Traffic
            </th>
          </tr>
        </thead>
        <tbody>
          {here.services.map((service) => (
            <ServiceRow
              key={service.name}
              service={service}
              layers={environment.layers.filter((layer) => layer.service === service.name)}
              environment={environment.name}
              promotion={promotions.find(
                (one) => one.service === service.name && isUnderWay(one) && stages.includes(one.stage),
              )}
            />
          ))}
          {here.services.length === 0 && (
            <tr>
              <td colSpan={4} className="soft">
                No service is placed here. Its first build gets here with <code>./cofferdam deploy SERVICE</code>.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </Section>
  )
}

function ServiceRow(props: {
  readonly service: Service
  readonly layers: readonly Layer[]
  readonly environment: string
  readonly promotion: Promotion | undefined
}) {
  const { service, layers, environment, promotion } = props
  const fresh = layers.find(({ name }) => name === 'canary' || name === 'batch')?.build.digest
  return (
    <tr>
      <td className="lead">
        <Link to="/services/$name" params={{ name: service.name }}>
          {service.name}
        </Link>{' '}
        {promotion !== undefined && <PromotionLink id={promotion.id} />}
      </td>
      <td data-l="layers">
        <ul className="layer-list">
          {layers.map((layer) => (
            <li key={layer.name}>
              <span className="build" title={shortDigest(layer.build.digest)}>
                <RoleMark role={roleOfLayer(layer.name)} />
                <code>{layer.build.name}</code>
              </span>{' '}
              <span className="muted">
                {layer.name}, {whoGets(layer, layers)}
              </span>
            </li>
          ))}
        </ul>
      </td>
      <td data-l="hosts">
        <HostGrid hosts={service.hosts} kept={service.kept} {...(fresh === undefined ? {} : { fresh })} />
      </td>
      <td className="num nowrap" data-l="traffic">
        <ServiceLoad environment={environment} service={service.name} />
      </td>
    </tr>
  )
}

function ServiceLoad({ environment, service }: { readonly environment: string; readonly service: string }) {
  const { data } = useQuery(trafficQuery)
  return useMemo(() => sayLoad(loadOf(data, environment, service)), [data, environment, service])
}

function roleOfLayer(name: string): Role {
  if (name === 'canary' || name === 'batch') return 'canary'
  return name === 'baseline' ? 'baseline' : 'stable'
}

function whoGets({ who, share, hosts }: Layer, all: readonly Layer[]): string {
  const own = who === 'share' ? share : 1 - all.reduce((sum, one) => sum + (one.who === 'share' ? one.share : 0), 0)
  return `${own === 1 ? 'everyone' : `${percent(own)} of requests`} on ${plural(hosts, 'host')}`
}
