import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ExternalLink } from 'lucide-react'
import type { EnvironmentDocument, Status } from '../../../src/http/contract/documents.ts'
import { environmentQuery } from '../../live/catalogQueries.ts'
import { statusQuery, trafficQuery } from '../../live/queries.ts'
import { CommandLine } from '../../parts/commandLine.tsx'
import { Loading } from '../../parts/loading.tsx'
import { Unknown } from '../../parts/unknown.tsx'
import { usePageTitle } from '../../shell/pageTitle.ts'
import { DoorsSection } from './doorsSection.tsx'
import { LayersSection } from './layersSection.tsx'
import { PolicySection } from './policySection.tsx'
import { RequestsSection } from './requestsSection.tsx'
import { countHosts, loadOf, sayEnvironment, sayLoad } from './sayEnvironment.ts'
import { DifferencesSection, SettingsSection } from './settingsSection.tsx'
import { StoresSection } from './storesSection.tsx'

const route = getRouteApi('/environments/$name')

/** Where requests enter and where they go: doors, layers, hosts, what holds here, and each request with its why. */
export function EnvironmentPage() {
  const { name } = route.useParams()
  const environment = useQuery(environmentQuery(name))
  const status = useQuery(statusQuery)
  usePageTitle(name)
  if (environment.isError && !environment.data)
    return <Unknown error={environment.error} what={`Environment ${name}`} />
  const here = status.data?.environments.find((one) => one.name === name)
  if (!environment.data || !status.data || !here) return <Loading what={`environment ${name}`} />
  return <EnvironmentView environment={environment.data} status={status.data} here={here} />
}

function EnvironmentView(props: {
  readonly environment: EnvironmentDocument
  readonly status: Status
  readonly here: Status['environments'][number]
}) {
  const { environment, status, here } = props
  const { name, policy } = environment
  const stages = policy.stages.map((stage) => stage.name)
  return (
    <>
      <nav className="crumb" aria-label="Breadcrumb">
        <Link to="/environments">Environments</Link>
        <span aria-hidden="true">/</span>
        <span>{name}</span>
      </nav>
      <div className="head">
        <div>
          <h1>{sayEnvironment(status, here)}</h1>
          <p className="lede">
            {stages.length === 0
              ? 'No stage of the pipeline is here: builds do not come in by themselves.'
              : `Builds come in here at ${stages.length === 1 ? 'the stage' : 'the stages'} ${stages.join(', then ')}.`}
          </p>
        </div>
        <div className="acts-col">
          <div className="acts">
            <a className="btn" href={here.front} target="_blank" rel="noreferrer">
              <ExternalLink className="i i-s" aria-hidden="true" />
              Open the front door
            </a>
          </div>
          <CommandLine command={`./cofferdam environment show ${name}`} />
        </div>
      </div>
      <Facts environment={environment} here={here} />
      <div className="cols with-side">
        <LayersSection environment={environment} here={here} />
        <DoorsSection doors={environment.doors} />
      </div>
      <RequestsSection environment={environment} />
      <div className="cols with-side">
        <div>
          <PolicySection environment={environment} />
          <SettingsSection settings={environment.settings} by="service" />
        </div>
        <aside aria-label="Data">
          <StoresSection stores={environment.data} />
          <DifferencesSection differs={environment.differs} />
        </aside>
      </div>
    </>
  )
}

function Facts(props: { readonly environment: EnvironmentDocument; readonly here: Status['environments'][number] }) {
  const { environment, here } = props
  const { data: traffic } = useQuery(trafficQuery)
  const { ready, total } = countHosts(here)
  const load = loadOf(traffic, environment.name)
  const guests = here.services.flatMap(({ hosts }) => hosts).length - total
  const kept = here.services.flatMap((service) => service.kept).length
  const facts: readonly (readonly [string, string, string])[] = [
    ['Traffic', sayLoad(load), load.requests === 0 ? '' : 'last 10 s'],
    ['Hosts ready', `${ready} of ${total}`, guests > 0 ? `and ${guests} guests` : ''],
    ['Kept for the way back', String(kept), kept === 0 ? 'nothing bakes' : 'drained, running'],
    ['Egress', environment.policy.egress, 'nothing leaves it'],
    ['Answers say their build', environment.servedBy, ''],
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
