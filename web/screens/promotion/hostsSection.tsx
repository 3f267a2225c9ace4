import { useQuery } from '@tanstack/react-query'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { statusQuery } from '../../live/queries.ts'
import { buildOf } from '../../live/needs.ts'
import { HostGrid } from '../../parts/hostGrid.tsx'
import { Section } from '../../parts/section.tsx'

/** The hosts of the service where the promotion is: which run the old build, which the new one. */
export function HostsSection({ promotion }: { readonly promotion: Promotion }) {
  const { data: status } = useQuery(statusQuery)
  const { rollout, service } = promotion
  const environment = rollout?.environment ?? status?.stages.find((one) => one.name === promotion.stage)?.environment
  const here = status?.environments
    .find((one) => one.name === environment)
    ?.services.find((one) => one.name === service)
  if (!here) return null
  const { digest, name } = buildOf(promotion)
  const own = here.hosts.filter((host) => host.layer !== 'canary' && host.layer !== 'baseline')
  const onNew = own.filter((host) => host.digest === digest).length
  return (
    <Section title="Hosts" note={`${onNew} of ${own.length} on ${name} in ${environment}`}>
      <HostGrid hosts={here.hosts} kept={here.kept} fresh={digest} />
    </Section>
  )
}
