import type { EnvironmentDocument } from '../../../src/http/contract/documents.ts'
import { Section } from '../../parts/section.tsx'

const words = { none: 'no access', read: 'reads', write: 'reads and writes' } as const

/** Databases of services; each environment has its own. */
export function StoresSection({ stores }: { readonly stores: EnvironmentDocument['data'] }) {
  return (
    <Section title="Data stores" note="each environment has its own">
      {stores.length === 0 && <p className="soft none">No service keeps data.</p>}
      <ul className="list">
        {stores.map(({ service, name, kind, access, migrate }) => (
          <li key={`${service} ${name}`}>
            <span>
              <b className="strong">
                {service} {name}
              </b>
              , {kind}: {words[access]}
            </span>
            {migrate !== undefined && (
              <span className="muted">
                migrated by <code>{migrate}</code>
              </span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
