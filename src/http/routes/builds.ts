import { isAbsolute } from 'node:path'
import { splitCommand } from '../../config/command.ts'
import type { Build } from '../../domain/catalog/build.ts'
import { CofferdamError } from '../../domain/errors.ts'
import { type HandlerPorts, type Handlers, ok } from '../handler.ts'
import { toBuildDocument } from '../present.ts'
import { RequestError } from '../problem.ts'

export function createBuildRoutes({ engine, diff }: HandlerPorts): Handlers<'listBuilds' | 'addBuild' | 'diffBuilds'> {
  return {
    listBuilds: async ({ query }) => {
      const builds = await engine.builds(query.service === undefined ? {} : { service: query.service })
      return ok({ builds: builds.map((build) => toBuildDocument(build)) })
    },
    addBuild: async ({ body }) => {
      const { command, ...rest } = withoutUndefined(body)
      if (!isAbsolute(rest.from)) {
        throw new RequestError(
          'usage',
          400,
          `\`from\` is ${JSON.stringify(rest.from)}; it must be the absolute path of a folder on this machine`,
        )
      }
      const before = await engine.builds({ service: rest.service })
      const build = await engine.addBuild(command === undefined ? rest : { ...rest, command: toWords(command) })
      const isNew = !before.some(({ digest }) => digest === build.digest)
      return { status: isNew ? 201 : 200, body: toBuildDocument(build, body.name) }
    },
    diffBuilds: async ({ params, query }) => {
      const builds = await engine.builds(query.service === undefined ? {} : { service: query.service })
      const [a, b] = [findBuild(builds, params.a), findBuild(builds, params.b)]
      const found = await diff(a.digest, b.digest)
      return ok({
        a: { digest: a.digest, name: nameOf(a, params.a) },
        b: { digest: b.digest, name: nameOf(b, params.b) },
        ...found,
      })
    },
  }
}

function toWords(command: string): readonly string[] {
  const split = splitCommand(command)
  if (!split.ok) throw new RequestError('usage', 400, `\`command\` is ${JSON.stringify(command)}: ${split.why}`)
  return split.words
}

/** A name, a digest, or a unique beginning of a digest of at least 8 digits. */
function findBuild(builds: readonly Build[], asked: string): Build {
  const digits = asked.replace(/^sha256:/, '')
  const isDigest = /^[0-9a-f]{8,64}$/.test(digits)
  const found = builds.filter(
    ({ digest, names }) => names.includes(asked) || (isDigest && digest.startsWith(`sha256:${digits}`)),
  )
  const [first, second] = found
  if (first === undefined) throw new CofferdamError('unknown-build', `there is no build ${JSON.stringify(asked)}`)
  if (second !== undefined) {
    const all = found.slice(0, 5).map(({ service, digest }) => `${digest.slice(0, 19)} of ${service}`)
    throw new RequestError(
      'usage',
      400,
      `${JSON.stringify(asked)} names ${found.length} builds: ${all.join(', ')}; name the service with ?service=, or a digest`,
    )
  }
  return first
}

function nameOf(build: Build, asked: string): string {
  return build.names.includes(asked) ? asked : (build.names.at(-1) ?? build.digest)
}

type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> }

/** Leaves out what was not given: an absent key and one that is undefined are not the same to the engine. */
function withoutUndefined<T extends object>(value: T): Given<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Given<T>
}
