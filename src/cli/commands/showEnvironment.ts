import type { EnvironmentDocument } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatTable } from '../print/formatTable.ts'
import { formatDuration, formatShare } from '../print/units.ts'

export async function showEnvironment({ args, client, print }: CommandInput): Promise<number> {
  const found = await client().get<EnvironmentDocument>(`/environments/${encodeURIComponent(args[0] ?? '')}`)
  print(found, () => formatEnvironment(found))
  return 0
}

function formatEnvironment(environment: EnvironmentDocument): string {
  const { policy } = environment
  const doors = environment.doors.map(({ kind, address, caller }) => [
    `  ${kind}`,
    address,
    caller === null ? 'users' : `calls of ${caller}`,
  ])
  const layers = environment.layers.map(({ service, name, who, share, build, hosts }) => [
    `  ${service}`,
    name,
    build.name,
    who === 'everyone' ? 'everyone' : formatShare(share),
    `${hosts} hosts`,
  ])
  const settings = environment.settings.map(({ service, name, value, secret }) => [
    `  ${service}`,
    name,
    secret === undefined ? (value ?? '') : `secret, from ${secret}`,
  ])
  const data = environment.data.map(({ service, name, kind, access }) => [`  ${service}`, name, kind, access])
  const { guards } = policy
  return [
    `${environment.name}\n`,
    `doors\n${formatTable(doors)}`,
    `layers\n${formatTable(layers)}`,
    `egress ${policy.egress}; guards: errors ${formatShare(guards.errors)}, p99 ${formatDuration(guards.latencyP99Ms)}, memory ${Math.round(guards.memoryBytes / 1024 / 1024)} MB, ${guards.crashes.times} crashes in ${formatDuration(guards.crashes.withinMs)}\n`,
    ...(settings.length === 0 ? [] : [`settings\n${formatTable(settings)}`]),
    ...(data.length === 0 ? [] : [`data stores\n${formatTable(data)}`]),
  ].join('')
}
