import type { EnvironmentDocument } from '../../../src/http/contract/documents.ts'
import { Section } from '../../parts/section.tsx'

type Setting = EnvironmentDocument['settings'][number]

/** Settings as they are written. A secret is never here: only where it is read from. */
export function SettingsSection(props: {
  readonly settings: readonly Setting[]
  readonly by: 'service' | 'environment'
  /** Settings without a value anywhere. */
  readonly unset?: readonly (readonly [name: string, need: string])[]
}) {
  const { settings, by, unset = [] } = props
  return (
    <Section title="Settings" note="values live in the environment, never in a build; secrets are not stored">
      {settings.length === 0 && unset.length === 0 ? (
        <p className="soft none">No setting is given. They stand under settings of an environment in cofferdam.yaml.</p>
      ) : (
        <table className="rows stack">
          <thead>
            <tr>
              <th scope="col">{by === 'service' ? 'Service' : 'Environment'}</th>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {settings.map((setting) => (
              <tr key={`${setting.environment} ${setting.service} ${setting.name}`}>
                <td className="lead">{setting[by]}</td>
                <td data-l="setting">
                  <code>{setting.name}</code>
                </td>
                <td data-l="value">
                  {setting.secret === undefined ? (
                    <code>{setting.value}</code>
                  ) : (
                    <span className="muted">
                      secret, from <code>{setting.secret}</code>
                    </span>
                  )}
                </td>
              </tr>
            ))}
            {unset.map(([name, need]) => (
              <tr key={name}>
                <td className="lead">–</td>
                <td data-l="setting">
                  <code>{name}</code>
                </td>
                <td data-l="value" className="muted">
                  {need}, given nowhere
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

/** Differences from production that were declared, each with its reason. */
export function DifferencesSection({ differs }: { readonly differs: EnvironmentDocument['differs'] }) {
  const entries = Object.entries(differs)
  if (entries.length === 0) return null
  return (
    <Section title="Differs from production" note="declared, with reason, owner and until when">
      <ul className="list">
        {entries.map(([name, reason]) => (
          <li key={name}>
            <code>{name}</code>
            <span>{reason}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
