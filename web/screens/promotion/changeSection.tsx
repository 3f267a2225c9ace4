import { useQuery } from '@tanstack/react-query'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { plural } from '../../format/units.ts'
import { buildOf } from '../../live/needs.ts'
import { diffQuery } from '../../live/queries.ts'
import { Problem } from '../../parts/problem.tsx'
import { Section } from '../../parts/section.tsx'

/** The files in which the new build differs from the one that it replaces. */
export function ChangeSection({ promotion }: { readonly promotion: Promotion }) {
  const { replaces } = promotion
  const build = buildOf(promotion)
  const { data, error } = useQuery({
    ...diffQuery(promotion.service, replaces?.digest ?? '', build.digest),
    enabled: replaces !== undefined,
  })
  if (replaces === undefined) return null
  return (
    <Section
      title="What changed"
      note={`from ${replaces.name} to ${build.name}`}
      end={data && plural(data.files.length, 'file')}
    >
      {error && <Problem error={error} what="The difference" />}
      <ul className="list">
        {data?.files.map(({ path, change, text, note }) => (
          <li key={path}>
            {text === undefined ? (
              <span>
                <code>{path}</code> {change}
                {note !== undefined && `, ${note}`}
              </span>
            ) : (
              <details open={data.files.length === 1}>
                <summary>
                  <code>{path}</code> <span className="muted">{change}</span>
                </summary>
                <Patch text={text} label={`Difference of ${path}`} />
              </details>
            )}
          </li>
        ))}
      </ul>
      {data?.truncated === true && <p className="soft">More files differ than are listed.</p>}
    </Section>
  )
}

function Patch({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div className="log log-box diff" role="region" aria-label={label} tabIndex={0}>
      {text.split('\n').map((line, index) => (
        <p key={index} className={line.startsWith('+') ? 'is-added' : line.startsWith('-') ? 'is-gone' : ''}>
          {line}
        </p>
      ))}
    </div>
  )
}
