import { isAbsolute } from 'node:path'
import { unknownService } from '../../domain/catalog/unknownService.ts'
import { CofferdamError } from '../../domain/errors.ts'
import type { EnvironmentDocument, ServiceDocument } from '../contract/documents.ts'
import { actor, type HandlerPorts, type Handlers, ok } from '../handler.ts'
import { joinCommand } from '../joinCommand.ts'
import { refuse, RequestError } from '../problem.ts'

type CatalogRoute = 'getService' | 'planService' | 'getEnvironment' | 'applyOrganisation'

export function createCatalogRoutes({ engine, readConfig }: HandlerPorts): Handlers<CatalogRoute> {
  const getService = async (name: string): Promise<ServiceDocument> => {
    const { services } = await engine.organisation()
    const service = services.find((candidate) => candidate.name === name)
    if (service === undefined) {
      throw unknownService(
        name,
        services.map((known) => known.name),
      )
    }
    const [status, promotions] = await Promise.all([engine.status(), engine.promotions({ service: name, limit: 20 })])
    return {
      name,
      owner: service.owner,
      from: service.from,
      run: joinCommand(service.run),
      pages: service.pages,
      routes: [...service.routes],
      dependencies: [...service.dependencies],
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
    const { environments } = await engine.organisation()
    const environment = environments.find((candidate) => candidate.name === name)
    if (environment === undefined) {
      throw new RequestError(
        'usage',
        404,
        `there is no environment ${JSON.stringify(name)}; there are ${environments.map((known) => known.name).join(', ')}`,
      )
    }
    const seen = (await engine.status()).environments.find((candidate) => candidate.name === name)
    const services = (seen?.services ?? []).map((service) => ({
      ...service,
      hosts: [...service.hosts],
      kept: [...service.kept],
    }))
    return { name, front: seen?.front ?? '', services, hosts: environment.hosts, differs: environment.differs }
  }

  return {
    getService: async ({ params }) => ok(await getService(params.name)),
    getEnvironment: async ({ params }) => ok(await getEnvironment(params.name)),
    planService: async ({ params, query }) => ok(await engine.plan({ service: params.name, build: query.build })),
    applyOrganisation: async ({ body }) => {
      if (!isAbsolute(body.path)) {
        throw new RequestError(
          'usage',
          400,
          `\`path\` is ${JSON.stringify(body.path)}; it must be the absolute path of a file on this machine`,
        )
      }
      const config = await readConfig(body.path)
      if (!config.ok) {
        throw new CofferdamError(
          'invalid-config',
          `${body.path} has ${config.problems.length} problems; nothing was applied`,
          { details: { problems: config.problems } },
        )
      }
      const outcome = await engine.apply(config.organisation, actor)
      if (!outcome.accepted) throw refuse(outcome.holds)
      return ok(outcome.value)
    },
  }
}
