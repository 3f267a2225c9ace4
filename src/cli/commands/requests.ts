import type { SeenRequest } from '../../http/contract/catalogDocuments.ts'
import type { CommandInput } from '../command.ts'
import { formatTable } from '../print/formatTable.ts'
import { formatClock } from '../print/units.ts'

export async function requests({ args, options, client, print }: CommandInput): Promise<number> {
  const query = new URLSearchParams({ limit: String(options.number('limit', 1, 1_000) ?? 50) })
  const service = options.text('service')
  if (service !== undefined) query.set('service', service)
  if (options.flag('failed')) query.set('failed', '1')
  const found = await client().get<{ requests: readonly SeenRequest[] }>(
    `/environments/${encodeURIComponent(args[0] ?? '')}/requests?${query.toString()}`,
  )
  print(found, () => formatRequests(found.requests, options.flag('why')))
  return 0
}

function formatRequests(list: readonly SeenRequest[], withWhy: boolean): string {
  if (list.length === 0) return 'No request has come yet.\n'
  const rows = list.map(({ at, method, route, status, ms, service, layer, host, refused, caller }) => [
    formatClock(at),
    `${method} ${route}`,
    refused === null ? `${service} ${layer ?? ''} ${host ?? ''}` : `gateway: ${refused}`,
    String(status),
    `${Math.round(ms)} ms`,
    caller ?? 'from outside',
  ])
  const table = formatTable([['ENDED', 'REQUEST', 'ANSWERED BY', 'STATUS', 'TOOK', 'CALLED BY'], ...rows])
  if (!withWhy) return table
  const lines = table.split('\n')
  return list
    .flatMap(({ why }, index) => [lines[index + 1] ?? '', ...why.map(({ rule, text }) => `    ${rule}: ${text}`)])
    .map((line) => `${line}\n`)
    .join('')
}
