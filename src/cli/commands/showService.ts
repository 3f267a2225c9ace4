import type { HourSlice } from '../../http/contract/catalogDocuments.ts'
import type { ServiceDocument } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatTable } from '../print/formatTable.ts'
import { formatCount, formatShare, shortDigest } from '../print/units.ts'

export async function showService({ args, client, print }: CommandInput): Promise<number> {
  const path = `/services/${encodeURIComponent(args[0] ?? '')}`
  const service = await client().get<ServiceDocument>(path)
  const hours = await Promise.all(
    service.environments.map(async ({ name }) => {
      const { series } = await client().get<{ series: readonly HourSlice[] }>(
        `${path}/series?environment=${encodeURIComponent(name)}`,
      )
      return [name, series] as const
    }),
  )
  print({ ...service, series: Object.fromEntries(hours) }, () => formatService(service, new Map(hours)))
  return 0
}

function formatService(service: ServiceDocument, hours: ReadonlyMap<string, readonly HourSlice[]>): string {
  const environments = service.environments.map(({ name, stable, digest, hosts }) => [
    `  ${name}`,
    stable,
    shortDigest(digest),
    `${hosts.filter((host) => host.ready).length} of ${hosts.length} hosts ready`,
    formatHour(hours.get(name) ?? []),
  ])
  const settings = service.settings.map(({ environment, name, value, secret }) => [
    `  ${environment}`,
    name,
    secret === undefined ? (value ?? '') : `secret, from ${secret}`,
  ])
  const data = service.data.map(({ name, kind, access }) => [`  ${name}`, kind, access])
  return [
    `${service.name}, owner ${service.owner}\n`,
    `calls ${service.dependencies.join(', ') || 'nobody'}; called by ${service.callers.join(', ') || 'nobody'}\n`,
    formatTable(environments),
    ...(settings.length === 0 ? [] : [`settings\n${formatTable(settings)}`]),
    ...(data.length === 0 ? [] : [`data stores\n${formatTable(data)}`]),
    `promotions: cofferdam promotion list --service ${service.name}\n`,
  ].join('')
}

function formatHour(series: readonly HourSlice[]): string {
  const requests = series.reduce((sum, slice) => sum + slice.requests, 0)
  if (requests === 0) return 'no requests in the last hour'
  const bad = series.reduce((sum, slice) => sum + slice.bad, 0)
  const last = series.findLast(({ p99 }) => p99 !== null)
  return `${formatCount(requests)} requests in the last hour, ${formatCount(bad)} bad (${formatShare(bad / requests)}); p99 ${Math.round(last?.p99 ?? 0)} ms`
}
