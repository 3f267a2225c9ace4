import type { Organisation } from '../domain/catalog/organisation.ts'
import type { SettingValue } from '../domain/catalog/setting.ts'
import type { Stage } from '../domain/promotion/pipeline.ts'
import type { PolicyDocument, SettingDocument, StoreDocument } from './contract/catalogDocuments.ts'
import { joinCommand } from './joinCommand.ts'

/** Services whose configuration says that they call this one. */
export function callersOf({ services }: Organisation, name: string): string[] {
  return services.filter(({ dependencies }) => dependencies.includes(name)).map((caller) => caller.name)
}

/** Data stores, of one service or of all. */
export function toStores({ services }: Organisation, service?: string): StoreDocument[] {
  return services
    .filter(({ name }) => service === undefined || name === service)
    .flatMap(({ name, data }) =>
      data.map((store) => ({
        service: name,
        name: store.name,
        kind: store.kind,
        access: store.access,
        ...(store.migrate === undefined ? {} : { migrate: joinCommand(store.migrate) }),
        ...(store.seed === undefined ? {} : { seed: joinCommand(store.seed) }),
      })),
    )
}

/** Settings as they are written: a value, or where a secret comes from; never the secret. */
export function toSettings(
  { environments }: Organisation,
  filter: { readonly environment?: string; readonly service?: string },
): SettingDocument[] {
  return environments
    .filter(({ name }) => filter.environment === undefined || name === filter.environment)
    .flatMap((environment) =>
      Object.entries(environment.settings)
        .filter(([service]) => filter.service === undefined || service === filter.service)
        .flatMap(([service, values]) =>
          Object.entries(values).map(([name, value]) => ({
            environment: environment.name,
            service,
            name,
            ...toValue(value),
          })),
        ),
    )
}

function toValue(value: SettingValue): Pick<SettingDocument, 'value' | 'secret'> {
  return value.kind === 'secret' ? { secret: `${value.from}:${value.name}` } : { value: value.value }
}

/** What holds in an environment: what may leave it, how builds come in, and what takes one back. */
export function toPolicy({ pipeline, analysis, services }: Organisation, environment: string): PolicyDocument {
  const { guards } = analysis
  return {
    egress: 'none',
    stages: pipeline.stages
      .filter((stage) => stage.environment === environment)
      .map((stage) => toStage(stage, pipeline)),
    bakeMs: pipeline.minimum.bakeMs,
    deadlineMs: pipeline.deadlineMs,
    watchedForMs: pipeline.watchedForMs,
    guards: {
      errors: guards.errors,
      latencyP99Ms: guards.latencyP99Ms,
      memoryBytes: guards.memoryBytes,
      crashes: { ...guards.crashes },
    },
    overriddenBy: services.filter(({ override }) => override !== undefined).map(({ name }) => name),
  }
}

function toStage(stage: Stage, { minimum }: Organisation['pipeline']): PolicyDocument['stages'][number] {
  const { name, kind } = stage
  if (stage.kind === 'test') return { name, kind }
  if (stage.kind === 'canary') return { name, kind, shares: [...stage.shares], minimumMs: minimum.shareMs }
  return {
    name,
    kind,
    batch: stage.batch,
    keepsPrevious: stage.keepPrevious === 'until-bake',
    minimumMs: minimum.batchMs,
  }
}
