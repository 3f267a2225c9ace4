import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Rocket, Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { Promotion, ServiceDocument, Status } from '../../../src/http/contract/documents.ts'
import { ActionDialog } from '../../actions/actionDialog.tsx'
import { DeployDialog } from '../../actions/deployDialog.tsx'
import { servicePromotionsQuery } from '../../live/catalogQueries.ts'
import { promotionsQuery, serviceQuery, statusQuery, trafficQuery } from '../../live/queries.ts'
import { ActionButton, useOffReason } from '../../parts/actionButton.tsx'
import { CommandLine } from '../../parts/commandLine.tsx'
import { Loading } from '../../parts/loading.tsx'
import { Unknown } from '../../parts/unknown.tsx'
import { usePageTitle } from '../../shell/pageTitle.ts'
import { loadOf, sayLoad } from '../environment/sayEnvironment.ts'
import { SettingsSection } from '../environment/settingsSection.tsx'
import { StoresSection } from '../environment/storesSection.tsx'
import { DependenciesSection } from './dependenciesSection.tsx'
import { HistorySection } from './historySection.tsx'
import { HourSection } from './hourSection.tsx'
import { mainEnvironment, sayLatest, sayService } from './sayService.ts'
import { PlacesSection } from './placesSection.tsx'

const route = getRouteApi('/services/$name')

/** One service: what runs where, what happened to it, how it does, whom it calls and who calls it, what it is given. */
export function ServicePage() {
  const { name } = route.useParams()
  const service = useQuery(serviceQuery(name))
  const status = useQuery(statusQuery)
  usePageTitle(name)
  if (service.isError && !service.data) return <Unknown error={service.error} what={`Service ${name}`} />
  if (!service.data || !status.data) return <Loading what={`service ${name}`} />
  return <ServiceView service={withHostsOf(service.data, status.data)} status={status.data} />
}

/** Hosts come with the stream; the rest of the document changes with a configuration. */
function withHostsOf(service: ServiceDocument, status: Status): ServiceDocument {
  const environments = status.environments.flatMap(({ name, services }) => {
    const here = services.find((one) => one.name === service.name)
    return here === undefined ? [] : [{ ...here, name, hosts: [...here.hosts], kept: [...here.kept] }]
  })
  return { ...service, environments }
}

function ServiceView({ service, status }: { readonly service: ServiceDocument; readonly status: Status }) {
  const { name } = service
  const promotions = usePromotions(service)
  const main = mainEnvironment(service, status)
  const unset = Object.entries(service.wants).filter(([want]) => !service.settings.some((one) => one.name === want))
  return (
    <>
      <nav className="crumb" aria-label="Breadcrumb">
        <Link to="/">Board</Link>
        <span aria-hidden="true">/</span>
        <span>{name}</span>
        <span>
          of{' '}
          <Link to="/" search={{ owner: service.owner }}>
            {service.owner}
          </Link>
        </span>
      </nav>
      <div className="head">
        <div>
          <h1>{sayService(service, main)}</h1>
          <p className="lede">{sayLatest(promotions)}</p>
        </div>
        <ServiceActions name={name} latest={promotions[0]} />
      </div>
      <Facts service={service} main={main} />
      <div className="cols with-side">
        <div>
          <PlacesSection service={service} promotions={promotions} />
          <HourSection service={service} status={status} promotions={promotions} />
          <HistorySection service={name} promotions={promotions} />
        </div>
        <aside aria-label="Around it">
          <DependenciesSection service={service} />
          <SettingsSection settings={service.settings} by="environment" unset={unset} />
          <StoresSection stores={service.data} />
          <TestsList tests={service.tests} />
        </aside>
      </div>
    </>
  )
}

/** All of its promotions, with those under way as the stream has them. */
function usePromotions(service: ServiceDocument): readonly Promotion[] {
  const all = useQuery(servicePromotionsQuery(service.name))
  const { data: recent = [] } = useQuery(promotionsQuery)
  const own = recent.filter((one) => one.service === service.name)
  const known = all.data ?? service.promotions
  const fresh = own.filter((one) => !known.some(({ id }) => id === one.id))
  return [...fresh, ...known.map((one) => own.find(({ id }) => id === one.id) ?? one)]
}

function ServiceActions({ name, latest }: { readonly name: string; readonly latest: Promotion | undefined }) {
  const [opened, setOpened] = useState<'deploy' | 'rollback'>()
  const general = useOffReason()
  const off = latest === undefined ? 'no build has been sent on its way: there is nothing to go back to' : undefined
  return (
    <div className="acts-col">
      <div className="acts">
        <ActionButton name="Deploy…" icon={Rocket} onPress={() => setOpened('deploy')} />
        <ActionButton
          name="Roll back"
          icon={Undo2}
          look="stop"
          {...(off === undefined ? {} : { off })}
          onPress={() => setOpened('rollback')}
        />
      </div>
      <p className="why-not">{general ?? (off === undefined ? '' : `Roll back is off: ${off}.`)}</p>
      <CommandLine command={`./cofferdam service show ${name}`} />
      {opened === 'deploy' && <DeployDialog service={name} onClose={() => setOpened(undefined)} />}
      {opened === 'rollback' && latest !== undefined && (
        <ActionDialog name="Roll back" promotion={latest} onClose={() => setOpened(undefined)} />
      )}
    </div>
  )
}

function Facts({ service, main }: { readonly service: ServiceDocument; readonly main: string | undefined }) {
  const { data: traffic } = useQuery(trafficQuery)
  const paths = service.routes.flatMap((one) =>
    typeof one === 'object' && one !== null && 'path' in one ? [String(one.path)] : [],
  )
  const facts: readonly (readonly [string, string, string])[] = [
    [
      `Traffic in ${main ?? 'no environment'}`,
      main === undefined ? 'none' : sayLoad(loadOf(traffic, main, service.name)),
      '',
    ],
    ['Owner', service.owner, ''],
    [paths.length === 1 ? 'Path' : 'Paths', paths.join(', ') || 'none', service.pages ? 'pages for browsers' : ''],
    ['Run as', service.run, ''],
  ]
  return (
    <dl className="facts">
      {facts.map(([label, value, note]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value} <small>{note}</small>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function TestsList({ tests }: { readonly tests: ServiceDocument['tests'] }) {
  return (
    <section aria-labelledby="its-tests">
      <div className="sec">
        <h2 id="its-tests">Tests</h2>
        <p>run against each build before it goes on</p>
      </div>
      {tests.length === 0 && <p className="soft none">It has none: a build goes on as soon as it is ready.</p>}
      <ul className="list">
        {tests.map(({ name, kind }) => (
          <li key={name}>
            <span>
              <b className="strong">{name}</b>, {kind}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
