import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ArrowLeft, ArrowRight } from 'lucide-react'
import type { ServiceDocument } from '../../../src/http/contract/documents.ts'
import { statusQuery } from '../../live/queries.ts'
import { Section } from '../../parts/section.tsx'

/** Whom it calls and who calls it, as the configuration says; each with the build that it meets. */
export function DependenciesSection({ service }: { readonly service: ServiceDocument }) {
  const { callers, dependencies, name } = service
  return (
    <Section title="Calls" note="dependencies of the configuration">
      <ul className="list gates">
        {callers.map((caller) => (
          <Neighbour key={`by ${caller}`} name={caller} icon={<ArrowRight className="i" aria-hidden="true" />}>
            calls {name}
          </Neighbour>
        ))}
        {dependencies.map((callee) => (
          <Neighbour key={`to ${callee}`} name={callee} icon={<ArrowLeft className="i" aria-hidden="true" />}>
            is called by {name}
          </Neighbour>
        ))}
      </ul>
      {callers.length === 0 && <p className="soft none">No service calls {name}: its requests come from outside.</p>}
      {dependencies.length === 0 && <p className="soft none">{name} calls no other service.</p>}
    </Section>
  )
}

function Neighbour(props: { readonly name: string; readonly icon: ReactNode; readonly children: ReactNode }) {
  const { name, icon, children } = props
  const { data: status } = useQuery(statusQuery)
  const last = status?.stages.at(-1)?.environment
  const here = status?.environments.find((one) => one.name === last)?.services.find((one) => one.name === name)
  return (
    <li>
      {icon}
      <span>
        <b>
          <Link to="/services/$name" params={{ name }}>
            {name}
          </Link>
        </b>
        {children}
        {here !== undefined && (
          <>
            ; it is at <code>{here.stable}</code> in {last}
          </>
        )}
      </span>
    </li>
  )
}
