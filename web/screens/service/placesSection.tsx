import { Link } from '@tanstack/react-router'
import type { Promotion, ServiceDocument } from '../../../src/http/contract/documents.ts'
import { plural, shortDigest } from '../../format/units.ts'
import { BuildName } from '../../parts/buildName.tsx'
import { HostGrid } from '../../parts/hostGrid.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusBadge } from '../../parts/statusBadge.tsx'

/** Builds and hosts of a service in each environment; a build links to the promotion that brought it. */
export function PlacesSection(props: { readonly service: ServiceDocument; readonly promotions: readonly Promotion[] }) {
  const { service, promotions } = props
  return (
    <Section title="What runs where" note="wash is the build for everyone, full is one that comes">
      {service.environments.length === 0 && (
        <p className="soft none">
          It is configured and placed nowhere yet. <code>./cofferdam deploy {service.name}</code> sends a build on its
          way.
        </p>
      )}
      <ul className="places">
        {service.environments.map(({ name, stable, digest, hosts, kept }) => {
          const brought = promotions.find((one) => one.phase === 'done' && one.candidate.digest === digest)
          const own = hosts.filter(({ layer }) => layer !== 'canary' && layer !== 'baseline')
          const ready = own.filter((host) => host.ready).length
          const fresh = hosts.find((host) => host.digest !== digest)?.digest
          return (
            <li key={name}>
              <div>
                <Link to="/environments/$name" params={{ name }} className="strong">
                  {name}
                </Link>
                <BuildName role="stable" name={stable} {...(brought === undefined ? {} : { promotion: brought.id })} />
                <code className="muted">{shortDigest(digest)}</code>
                <StatusBadge kind={ready === own.length ? 'pass' : 'fail'}>
                  {ready} of {plural(own.length, 'host')} ready
                </StatusBadge>
              </div>
              <HostGrid hosts={hosts} kept={kept} {...(fresh === undefined ? {} : { fresh })} />
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
