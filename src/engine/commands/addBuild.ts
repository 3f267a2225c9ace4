import type { Build } from '../../domain/catalog/build.ts'
import { CofferdamError } from '../../domain/errors.ts'
import { unknownService } from '../../domain/catalog/unknownService.ts'
import type { AddBuild } from '../api.ts'
import type { Ports } from '../ports.ts'
import { currentOrganisation } from '../world.ts'

/** Somebody else may be naming the same content: it is read again so often. */
const mostTries = 5

/** Snapshots a folder and remembers it under its digest; another name for known content is added to it. */
export async function addBuild(ports: Ports, request: AddBuild, by: string): Promise<Build> {
  const organisation = (await currentOrganisation(ports.store)).document
  const service = organisation.services.find((one) => one.name === request.service)
  if (!service)
    throw unknownService(
      request.service,
      organisation.services.map((one) => one.name),
    )
  const command = request.command ?? service.run
  // Another command is meant as it is; with the service's own, a folder without its program is not this service.
  const { digest } = await ports.builds.snapshot(request.from, command, request.command === undefined)
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const stored = await ports.store.load('build', `${service.name}/${digest}`)
    const name = request.name ?? stored?.document.names.at(-1) ?? digest.slice('sha256:'.length, 'sha256:'.length + 8)
    if (stored?.document.names.includes(name)) return stored.document
    const document: Build = stored
      ? { ...stored.document, names: [...stored.document.names, name] }
      : {
          digest,
          service: service.name,
          names: [name],
          command,
          ...(request.commit === undefined ? {} : { commit: request.commit }),
          ...(request.about === undefined ? {} : { about: request.about }),
          addedAtMs: ports.clock.now(),
        }
    const event = {
      atMs: ports.clock.now(),
      actor: by,
      kind: 'build.added',
      on: digest,
      service: service.name,
      text: `${service.name}: build ${name} added (${digest.slice(0, 19)})`,
    }
    const committed = await ports.store.commit({
      documents: [
        {
          kind: 'build',
          id: `${service.name}/${digest}`,
          revision: stored?.revision ?? 0,
          document,
          service: service.name,
        },
      ],
      events: [event],
    })
    if (committed.saved) return document
  }
  throw new CofferdamError('stale-generation', `build ${digest} of "${service.name}" is being changed by others`)
}
