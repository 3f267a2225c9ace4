import { useQuery } from '@tanstack/react-query'
import { Rocket } from 'lucide-react'
import { useState } from 'react'
import { DeployDialog } from '../../actions/deployDialog.tsx'
import type { BuildDocument, Status } from '../../../src/http/contract/documents.ts'
import { plural } from '../../format/units.ts'
import { aboutQuery, allBuildsQuery } from '../../live/queries.ts'
import { useOffReason } from '../../parts/actionButton.tsx'
import { Section } from '../../parts/section.tsx'

/** What is listed of a service; `Deploy…` has all of them. */
const mostListed = 24

/** In the demo: builds that are there to be tried, each with its defect. Pick one, ship it, watch it come home. */
export function BreakIt({ status }: { readonly status: Status }) {
  const { data: about } = useQuery(aboutQuery)
  const { data: builds = [] } = useQuery({ ...allBuildsQuery, enabled: about?.demo === true })
  const [picked, setPicked] = useState<BuildDocument>()
  const running = new Set(status.environments.flatMap((one) => one.services.map(({ digest }) => digest)))
  const toTry = builds.filter((build) => build.about !== undefined && build.about !== '')
  if (toTry.length === 0) return null
  const groups = [...Map.groupBy(toTry, ({ service }) => service)]
  return (
    <Section
      title="Break it"
      note="these builds come with the demo: ship one with a defect, and watch it come home by itself"
      end={plural(toTry.length, 'build')}
    >
      {groups.map(([service, own]) => (
        <ul className="to-try" key={service} aria-label={`Builds of ${service}`}>
          {own.slice(0, mostListed).map((build) => (
            <BuildToTry
              key={build.digest}
              build={build}
              isRunning={running.has(build.digest)}
              onPick={() => setPicked(build)}
            />
          ))}
        </ul>
      ))}
      {picked && <DeployDialog service={picked.service} build={picked.digest} onClose={() => setPicked(undefined)} />}
    </Section>
  )
}

function BuildToTry(props: {
  readonly build: BuildDocument
  readonly isRunning: boolean
  readonly onPick: () => void
}) {
  const { build, isRunning, onPick } = props
  const off = useOffReason()
  const name = `${build.service} ${build.name}`
  return (
    <li data-row="" tabIndex={-1} data-command={`./cofferdam deploy ${build.service} --build ${build.name} --wait`}>
      <span>
        <span className="muted">{build.service}</span> <code>{build.name}</code>
        <small>
          {build.about}
          {isRunning && ' It runs now.'}
        </small>
      </span>
      <button
        type="button"
        className="btn btn-s"
        aria-label={`Ship ${name}…`}
        aria-disabled={off !== undefined}
        title={off}
        onClick={() => {
          if (off === undefined) onPick()
        }}
      >
        <Rocket className="i i-s" aria-hidden="true" />
        Ship…
      </button>
    </li>
  )
}
