import { formatPath, type Path } from '../problem.ts'
import { valueAt } from '../schemaFindings.ts'
import { keysAt, type Checked } from './check.ts'

/** No two front doors on one port. */
export function checkEnvironments({ data, isJudged, report }: Checked): void {
  const taken = new Map<number, Path>()
  for (const environment of keysAt(data, ['environments'])) {
    const path = ['environments', environment, 'front', 'port']
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
