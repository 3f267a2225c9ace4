import { isAbsolute } from 'node:path'
import type { Organisation } from '../../domain/catalog/organisation.ts'
import type { Service } from '../../domain/catalog/service.ts'
import { unknownService } from '../../domain/catalog/unknownService.ts'
import type { Environment } from '../../domain/environment/environment.ts'
import { CofferdamError } from '../../domain/errors.ts'
import type { EnvironmentDocument, ServiceDocument } from '../contract/documents.ts'
import { actor, type HandlerPorts, type Handlers, ok } from '../handler.ts'
import { joinCommand } from '../joinCommand.ts'
import { callersOf, toPolicy, toSettings, toStores } from '../presentCatalog.ts'
import { refuse, RequestError } from '../problem.ts'

type CatalogRoute =
  | 'getService'
  | 'planService'
  | 'serviceSeries'
  | 'getEnvironment'
  | 'environmentRequests'
  | 'applyOrganisation'

export function createCatalogRoutes({ engine, readConfig }: HandlerPorts): Handlers<CatalogRoute> {
  const findService = ({ services }: Organisation, name: string): Service => {
    const service = services.find((candidate) => candidate.name === name)
    if (service !== undefined) return service
    throw unknownService(
      name,
      services.map((known) => known.name),
    )
  }

  const findEnvironment = ({ environments }: Organisation, name: string): Environment => {
    const environment = environments.find((candidate) => candidate.name === name)
    if (environment !== undefined) return environment
    throw new RequestError(
      'usage',
      404,
      `there is no environment ${JSON.stringify(name)}; there are ${environments.map((known) => known.name).join(', ')}`,
    )
  }

  const getService = async (name: string): Promise<ServiceDocument> => {
    const organisation = await engine.organisation()
    const service = findService(organisation, name)
    const [status, promotions] = await Promise.all([engine.status(), engine.promotions({ service: name, limit: 20 })])
    return {
      name,
      owner: service.owner,
      from: service.from,
      run: joinCommand(service.run),
      pages: service.pages,
      routes: [...service.routes],
      dependencies: [...service.dependencies],
      callers: callersOf(organisation, name),
      settings: toSettings(organisation, { service: name }),
      wants: service.settings,
      data: toStores(organisation, name),
      tests: service.tests.map(({ name: test, kind }) => ({ name: test, kind })),
      environments: status.environments.flatMap((environment) =>
        environment.services
          .filter((candidate) => candidate.name === name)
          .map(({ stable, digest, hosts, kept }) => ({
            name: environment.name,
            stable,
            digest,
            hosts: [...hosts],
            kept: [...kept],
          })),
      ),
      promotions: [...promotions],
    }
  }

  const getEnvironment = async (name: string): Promise<EnvironmentDocument> => {
    const organisation = await engine.organisation()
    const environment = findEnvironment(organisation, name)
    const [status, now] = await Promise.all([engine.status(), engine.environmentNow(name)])
    const seen = status.environments.find((candidate) => candidate.name === name)
    const services = (seen?.services ?? []).map((service) => ({
      ...service,
      hosts: [...service.hosts],
      kept: [...service.kept],
    }))
    return {
      name,
      front: seen?.front ?? '',
      services,
      hosts: environment.hosts,
      differs: environment.differs,
      servedBy: environment.front.servedBy,
      doors: [...now.doors],
      layers: [...now.layers],
      policy: toPolicy(organisation, name),
      settings: toSettings(organisation, { environment: name }),
      data: toStores(organisation),
    }
  }

  return {
    getService: async ({ params }) => ok(await getService(params.name)),
    getEnvironment: async ({ params }) => ok(await getEnvironment(params.name)),
    serviceSeries: async ({ params, query }) => {
      const organisation = await engine.organisation()
      const { name } = findService(organisation, params.name)
      const environment = findEnvironment(organisation, query.environment)
      return ok({ series: await engine.hourSeries(name, environment.name) })
    },
    environmentRequests: async ({ params, query }) => {
      const { name } = findEnvironment(await engine.organisation(), params.name)
      const requests = await engine.environmentRequests({
        environment: name,
        ...(query.service === undefined ? {} : { service: query.service }),
        ...(query.failed === undefined ? {} : { failed: query.failed === '1' }),
        limit: query.limit ?? 100,
      })
      return ok({ requests })
    },
    planService: async ({ params, query }) => ok(await engine.plan({ service: params.name, build: query.build })),
    applyOrganisation: async ({ body }) => {
      const path = body.path ?? (await engine.organisation()).file
      if (path === undefined || !isAbsolute(path)) {
        throw new RequestError(
          'usage',
          400,
          `\`path\` is ${path === undefined ? 'missing' : JSON.stringify(path)}; it must be the absolute path of a file on this machine`,
        )
      }
      const config = await readConfig(path)
      if (!config.ok) {
        throw new CofferdamError(
          'invalid-config',
          `${path} has ${config.problems.length === 1 ? 'a problem' : `${config.problems.length} problems`}; nothing was applied`,
          { details: { problems: config.problems } },
        )
      }
      const outcome = await engine.apply(config.organisation, actor)
      if (!outcome.accepted) throw refuse(outcome.holds)
      return ok(outcome.value)
    },
  }
}
