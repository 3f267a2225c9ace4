import { Link } from '@tanstack/react-router'
import type { EnvironmentDocument } from '../../../src/http/contract/documents.ts'
import { Section } from '../../parts/section.tsx'

/** Where requests enter, with addresses to click: users by the front, each service by a door of its own. */
export function DoorsSection({ doors }: { readonly doors: EnvironmentDocument['doors'] }) {
  return (
    <Section title="Doors" note="one per caller, so that callers are known">
      <table className="rows doors">
        <thead>
          <tr>
            <th scope="col">Who enters</th>
            <th scope="col">Address</th>
          </tr>
        </thead>
        <tbody>
          {doors.map(({ id, address, caller }) => (
            <tr key={id}>
              <td className="lead">
                {caller === null ? (
                  'users'
                ) : (
                  <>
                    calls of{' '}
                    <Link to="/services/$name" params={{ name: caller }}>
                      {caller}
                    </Link>
                  </>
                )}
              </td>
              <td>
                <a href={address} target="_blank" rel="noreferrer">
                  <code>{address.replace('http://', '')}</code>
                </a>
              </td>
            </tr>
          ))}
          {doors.length === 0 && (
            <tr>
              <td colSpan={2} className="soft">
                No door is open yet.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </Section>
  )
}
