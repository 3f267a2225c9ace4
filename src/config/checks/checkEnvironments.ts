import { isLoopback } from '../../domain/routing/doorUrl.ts'
import { formatPath, type Path } from '../problem.ts'
import { valueAt } from '../schemaFindings.ts'
import { keysAt, listAt, mapAt, type Checked } from './check.ts'

/** No two front doors on one port, none open to others by mistake, each server name once. */
export function checkEnvironments(checked: Checked): void {
  const { data, isJudged, report } = checked
  const taken = new Map<number, Path>()
  for (const environment of keysAt(data, ['environments'])) {
    const front = ['environments', environment, 'front']
    checkListen(checked, front)
    checkServerNames(checked, front)
    const path = [...front, 'port']
    const port = valueAt(data, path)
    if (typeof port !== 'number' || isJudged(path)) continue
    const first = taken.get(port)
    if (first === undefined) taken.set(port, path)
    else
      report({
        path,
        value: port,
        allowed: 'auto, or a free port',
        says: `is the same port as \`${formatPath(first)}\``,
        nearest: 'auto',
      })
  }
}

/** Whoever opens a door to other machines says how it is guarded. */
function checkListen({ data, isJudged, report }: Checked, front: Path): void {
  const path = [...front, 'listen']
  const { listen, tls, trustedProxies } = mapAt(data, front)
  if (typeof listen !== 'string' || isLoopback(listen) || tls !== undefined || trustedProxies !== undefined) return
  // What is written wrong was meant to be there.
  if (isJudged(path) || isJudged([...front, 'tls']) || isJudged([...front, 'trustedProxies'])) return
  report({
    path,
    value: listen,
    allowed: '127.0.0.1 or ::1; another address with `tls` (certificates) or `trustedProxies` beside it',
    says: 'can be reached from other machines, without TLS and without a trusted proxy',
    nearest: '127.0.0.1',
  })
}

function checkServerNames({ data, isJudged, report }: Checked, front: Path): void {
  const taken = new Map<string, Path>()
  listAt(data, [...front, 'tls']).forEach((_, at) => {
    const names = [...front, 'tls', at, 'names']
    listAt(data, names).forEach((name, which) => {
      const path = [...names, which]
      if (typeof name !== 'string' || isJudged(path)) return
      const first = taken.get(name)
      if (first === undefined) taken.set(name, path)
      else
        report({
          path,
          value: name,
          allowed: 'each server name once for one front door',
          says: `is the same name as \`${formatPath(first)}\``,
        })
    })
  })
}
