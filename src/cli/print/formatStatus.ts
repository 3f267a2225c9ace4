import type { Status } from '../../http/contract/documents.ts'
import { formatTable } from './formatTable.ts'
import { shortDigest } from './units.ts'

type Service = Status['environments'][number]['services'][number]

/** What runs where; what moves and what is wrong come first. */
export function formatStatus(status: Status): string {
  const silent = status.gateways
    .filter((gateway) => gateway.silent)
    .map((gateway) => `! gateway ${gateway.id} is silent\n`)
  const moving = status.moving.map(
    ({ promotion, service, stage, text }) => `${promotion}  ${service} in ${stage}: ${text}\n`,
  )
  const environments = status.environments.map(
    ({ name, front, services }) =>
      `${name}  ${front}\n${formatTable([['  SERVICE', 'BUILD', 'DIGEST', 'READY', 'HOSTS'], ...services.map(formatService)])}${formatFailures(name, services)}${formatOlder(services)}`,
  )
  const sections = [
    ...(silent.length === 0 ? [] : [silent.join('')]),
    moving.length === 0 ? 'Nothing moves.\n' : `Moving\n${moving.join('')}`,
    ...environments,
  ]
  return sections.join('\n')
}

function formatService(service: Service): readonly string[] {
  const ready = service.hosts.filter((host) => host.ready).length
  const isWhole = ready === service.hosts.length
  return [
    `${isWhole ? ' ' : '!'} ${service.name}`,
    service.stable,
    shortDigest(service.digest),
    `${ready} of ${service.hosts.length}`,
    [
      ...service.hosts.filter((host) => !host.ready || host.build !== service.stable).map(describeHost),
      ...describeKept(service),
    ].join(', '),
  ]
}

/** One reason for each service: its hosts mostly fail alike. */
function formatFailures(environment: string, services: readonly Service[]): string {
  return services
    .flatMap((service) => {
      const failed = service.hosts.find((host) => host.failure !== undefined)
      if (failed?.failure === undefined) return []
      const where = `\`cofferdam logs ${service.name} --environment ${environment} --host ${failed.id}\``
      return [`\n! ${indentRest(failed.failure)}\n    what it wrote: ${where}\n`]
    })
    .join('')
}

function formatOlder(services: readonly Service[]): string {
  return services
    .flatMap(({ name, stable, olderSettings = [] }) =>
      olderSettings.length === 0
        ? []
        : [
            `\n! ${name} runs with other settings than are configured: ${olderSettings.join(', ')}\n    \`cofferdam deploy ${name} --build ${stable}\` ships them as a build is shipped\n`,
          ],
    )
    .join('')
}

function indentRest(text: string): string {
  return text.replaceAll('\n', '\n    ')
}

/** Hosts that are as they should be need no words. */
function describeHost(host: Service['hosts'][number]): string {
  return `${host.id} ${host.build}${host.layer === 'stable' ? '' : ` (${host.layer})`}${host.ready ? '' : ' NOT READY'}`
}

function describeKept(service: Service): readonly string[] {
  return service.kept.length === 0 ? [] : [`${service.kept.length} kept for the way back`]
}
