import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { buildOf } from '../../live/needs.ts'
import { logsQuery, promotionLogsQuery, statusQuery } from '../../live/queries.ts'
import { CommandLine } from '../../parts/commandLine.tsx'
import { LogView } from '../../parts/logView.tsx'
import { Section } from '../../parts/section.tsx'

/** What the instances of the new build wrote: one at a time while it moves, all of them once it has ended. */
export function LogsSection({ promotion }: { readonly promotion: Promotion }) {
  return promotion.result === undefined ? <LiveLogs promotion={promotion} /> : <KeptLogs promotion={promotion} />
}

function KeptLogs({ promotion }: { readonly promotion: Promotion }) {
  const { data: lines } = useQuery(promotionLogsQuery(promotion.service, promotion.id))
  if (lines === undefined || lines.length === 0) return null
  return (
    <Section title="Logs" note="of the instances that it started">
      <LogView lines={lines} label={`Logs of ${promotion.id}`} />
      <CommandLine command={`./cofferdam logs ${promotion.service} --promotion ${promotion.id}`} />
    </Section>
  )
}

function LiveLogs({ promotion }: { readonly promotion: Promotion }) {
  const { data: status } = useQuery(statusQuery)
  const { digest } = buildOf(promotion)
  const environment = promotion.rollout?.environment ?? ''
  const hosts =
    status?.environments
      .find((one) => one.name === environment)
      ?.services.find((one) => one.name === promotion.service)
      ?.hosts.filter((host) => host.digest === digest) ?? []
  const [wanted, setWanted] = useState<string>()
  const host = hosts.find((one) => one.id === wanted) ?? hosts[0]
  const logs = useQuery({ ...logsQuery(promotion.service, environment, host?.id ?? ''), enabled: host !== undefined })
  if (host === undefined) return null
  return (
    <Section
      title="Logs"
      note={`host ${host.id}, ${host.build}`}
      end={
        hosts.length > 1 && (
          <select
            aria-label="Host"
            className="pick"
            value={host.id}
            onChange={(event) => setWanted(event.target.value)}
          >
            {hosts.map(({ id }) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        )
      }
    >
      <LogView lines={logs.data ?? []} label={`Log of host ${host.id}`} />
      <CommandLine
        command={`./cofferdam logs ${promotion.service} --environment ${environment} --host ${host.id} --follow`}
      />
    </Section>
  )
}
