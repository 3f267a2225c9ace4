import type { Organisation } from '../domain/catalog/organisation.ts'
import type { SettingValue } from '../domain/catalog/setting.ts'
import type { Environment, Front } from '../domain/environment/environment.ts'
import type { Config } from './configSchema.ts'
import type { EnvironmentSection, SettingSection } from './environmentSchema.ts'
import { toAnalysis, toPipeline } from './toPolicy.ts'
import { toService } from './toService.ts'

/** How paths become absolute: those of the organisation's file, and those of a service, which may have its own file. */
export interface AbsolutePaths {
  /** The organisation's file itself. */
  readonly file: string
  readonly ofFile: (path: string) => string
  readonly ofService: (service: string, path: string) => string
}

/** The domain's view of a file without problems: plain JSON, environments and services in the file's order. */
export function toOrganisation(config: Config, paths: AbsolutePaths): Organisation {
  const { pipeline, analysis } = config
  const services = Object.entries(config.services).map(([name, section]) =>
    toService(name, section, { pipeline, analysis }, (path) => paths.ofService(name, path)),
  )
  const names = services.map((service) => service.name)
  const production = productionOf(config)
  return {
    file: paths.file,
    environments: Object.entries(config.environments).map(([name, section]) =>
      toEnvironment(name, section, { services: names, isProduction: name === production, absolute: paths.ofFile }),
    ),
    services,
    pipeline: toPipeline(pipeline),
    analysis: toAnalysis(analysis),
    keep: config.keep,
  }
}

/** The environment of the stage `production`. */
export function productionOf({ pipeline }: Pick<Config, 'pipeline'>): string | undefined {
  return pipeline.stages.find((stage) => stage.name === 'production')?.environment
}

export function defaultServedBy(isProduction: boolean): 'always' | 'keyed' {
  return isProduction ? 'keyed' : 'always'
}

interface EnvironmentContext {
  readonly services: readonly string[]
  readonly isProduction: boolean
  readonly absolute: (path: string) => string
}

function toEnvironment(name: string, section: EnvironmentSection, context: EnvironmentContext): Environment {
  const { hosts, front, settings, differs } = section
  const hostsOf = (service: string) => (typeof hosts === 'number' ? hosts : (hosts[service] ?? 1))
  return {
    name,
    hosts: Object.fromEntries(context.services.map((service) => [service, hostsOf(service)])),
    front: toFront(front, context),
    settings: mapValues(settings, (values) => mapValues(values, (value) => toSetting(value, context.absolute))),
    differs,
  }
}

function toFront(
  { port, servedBy, listen, tls, trustedProxies }: EnvironmentSection['front'],
  { isProduction, absolute }: EnvironmentContext,
): Front {
  return {
    port,
    servedBy: servedBy ?? defaultServedBy(isProduction),
    ...(listen !== undefined && listen !== '127.0.0.1' && { listen }),
    ...(tls && {
      tls: tls.map(({ certificate, key, names }) => ({
        certificate: absolute(certificate),
        key: absolute(key),
        names,
      })),
    }),
    ...(trustedProxies && { trustedProxies }),
  }
}

function toSetting(value: SettingSection, absolute: (path: string) => string): SettingValue {
  if (typeof value === 'string') return { kind: 'value', value }
  const { from, name } = value.secret
  return { kind: 'secret', from, name: from === 'file' ? absolute(name) : name }
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
