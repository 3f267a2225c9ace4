import type { Build } from '../domain/catalog/build.ts'
import type { Event } from '../engine/ports.ts'
import type { BuildDocument, EventDocument } from './contract/documents.ts'
import { joinCommand } from './joinCommand.ts'

/** The document of a build; `name` is what it was just called, else the newest of its names. */
export function toBuildDocument(build: Build, name?: string): BuildDocument {
  return {
    digest: build.digest,
    name: name ?? build.names.at(-1) ?? build.digest,
    names: [...build.names],
    service: build.service,
    command: joinCommand(build.command),
    commit: build.commit ?? null,
    ...(build.about === undefined ? {} : { about: build.about }),
    addedAt: new Date(build.addedAtMs).toISOString(),
  }
}

/** The document of an event. */
export function toEventDocument({
  atMs,
  id,
  actor,
  kind,
  on,
  promotion,
  service,
  environment,
  text,
  data,
}: Event): EventDocument {
  return {
    id,
    at: new Date(atMs).toISOString(),
    actor,
    kind,
    on,
    ...(promotion === undefined ? {} : { promotion }),
    ...(service === undefined ? {} : { service }),
    ...(environment === undefined ? {} : { environment }),
    text,
    data: { ...data },
  }
}
