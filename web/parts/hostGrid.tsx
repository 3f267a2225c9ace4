import type { Status } from '../../src/http/contract/documents.ts'
import type { Role } from './roleMark.tsx'

export type Host = Status['environments'][number]['services'][number]['hosts'][number]

/** More hosts than this are drawn as small squares. */
const mostCells = 200

/** The hosts of a service, by what they are: a wash is the build that was there, full is the new one. */
export function HostGrid(props: {
  readonly hosts: readonly Host[]
  readonly kept: readonly Host[]
  /** Digest of the build that comes. */
  readonly fresh?: string
}) {
  const { hosts, kept, fresh } = props
  const groups = [
    ['hosts', hosts.filter((one) => one.layer === 'stable' || one.layer === 'batch')],
    ['canary', hosts.filter((one) => one.layer === 'canary')],
    ['baseline', hosts.filter((one) => one.layer === 'baseline')],
    ['kept', kept],
  ] as const
  return (
    <div className="hosts">
      {groups
        .filter(([, own]) => own.length > 0)
        .map(([name, own]) => (
          <div className="zone" key={name}>
            <span>{name}</span>
            <ul className="cells">
              {own.map((host) => (
                <HostCell
                  key={host.instance}
                  host={host}
                  isFresh={host.digest === fresh}
                  isSmall={own.length > mostCells}
                />
              ))}
            </ul>
          </div>
        ))}
    </div>
  )
}

function HostCell(props: { readonly host: Host; readonly isFresh: boolean; readonly isSmall: boolean }) {
  const { host, isFresh, isSmall } = props
  const label = `host ${host.id}, ${host.layer} ${host.build}, ${host.ready ? 'ready' : 'not ready'}`
  const look = host.ready ? `r-${roleOf(host)}${isFresh ? ' fill' : ''}` : 'gone'
  return (
    <li className={`h ${look}${isSmall ? ' h-small' : ''}`} title={label}>
      <span aria-hidden="true">{isSmall ? '' : shortId(host.id)}</span>
      <span className="vh">{label}</span>
    </li>
  )
}

function roleOf({ layer }: Host): Role {
  return layer === 'canary' || layer === 'baseline' ? layer : 'stable'
}

function shortId(id: string): string {
  return id.replace(/^(?<first>[a-z])[a-z]*-/, '$<first>')
}

/** Hosts as small squares, for a table: how many run the new build. */
export function MiniHosts(props: { readonly total: number; readonly onNew: number; readonly ready: number }) {
  const { total, onNew, ready } = props
  const label =
    onNew === total || onNew === 0 ? `${ready} of ${total} hosts ready` : `${onNew} of ${total} hosts run the new build`
  if (total > 60) return <span className="vh">{label}</span>
  return (
    <span className="minihosts" role="img" aria-label={label}>
      {Array.from({ length: total }, (_, index) => (
        <i key={index} className={index < onNew ? 'is-new' : index < ready ? 'is-old' : 'is-gone'} />
      ))}
    </span>
  )
}
