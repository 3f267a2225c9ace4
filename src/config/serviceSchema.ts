import type { z } from 'zod'
import { analysisOverrideSchema } from './analysisSchema.ts'
import {
  choice,
  command,
  duration,
  isMap,
  leaf,
  listOf,
  named,
  oneOf,
  quantity,
  section,
  text,
  yesNo,
} from './fields.ts'
import { name, reference, settingName } from './names.ts'
import { pipelineOverrideSchema } from './pipelineSchema.ts'
import { testSchema } from './testSchema.ts'

/** One entry of `services:`, or the content of a service's own file. */
export function serviceSchema() {
  return section({
    from: text('the path of a folder, relative to the file', { pattern: /^[^\0]+$/ }).describe(
      'The working folder that `deploy` snapshots, relative to the file; in a file of its own: `.` when left out.',
    ),
    owner: text('the name of a team or a person', { max: 100 }).describe('Who answers for it.'),
    routes: listOf(routeSchema(), 'routes', { min: 1, max: 100 }).describe('Which requests are its own.'),
    pages: yesNo().prefault(false).describe('Browsers load pages from it: shares are dealt by session.'),
    run: command().describe('Starts it in the build; split into words, never given to a shell.'),
    ready: section({
      path: urlPath().prefault('/healthz').describe('Answers 2xx within 1 s once it can serve.'),
      within: quantity(duration, { min: 100, max: 600_000 })
        .prefault('10s')
        .describe('Longest time until it is ready.'),
    })
      .prefault({})
      .describe('When an instance counts as ready.'),
    stop: section({
      grace: quantity(duration, { min: 0, max: 600_000 })
        .prefault('3s')
        .describe('For requests in flight to end, and again between TERM and KILL.'),
    })
      .prefault({})
      .describe('How an instance is stopped.'),
    dependencies: listOf(reference('the name of a service'), 'names of services', { min: 0, max: 200 })
      .prefault([])
      .describe('Services that it calls through its back door.'),
    settings: named(settingName(), choice('required', 'optional'), 'settings: required or optional')
      .prefault({})
      .describe('Names that it may be given; the values live in the environments.'),
    data: named(name('the name of a data store', { layersReserved: false }), dataStoreSchema(), 'data stores')
      .prefault({})
      .describe('Its databases; each environment has its own.'),
    tests: named(name('the name of a test', { layersReserved: false }), testSchema(), 'tests')
      .prefault({})
      .describe('What must pass before a test stage is left.'),
    pipeline: pipelineOverrideSchema()
      .optional()
      .describe('What differs from the organisation, within `pipeline.mayOverride`.'),
    analysis: analysisOverrideSchema()
      .optional()
      .describe('What differs from the organisation, within `pipeline.mayOverride`.'),
  })
}

export type ServiceSection = z.output<ReturnType<typeof serviceSchema>>
export type RouteSection = ServiceSection['routes'][number]

function routeSchema() {
  const byHost = section({
    host: hostName().describe('Host name without a port.'),
    path: urlPath().prefault('/').describe('Path prefix.'),
  })
  return oneOf([urlPath(), byHost], (input) => (isMap(input) ? 1 : 0))
}

function dataStoreSchema() {
  return section({
    kind: choice('sqlite').describe('What kind of database it is.'),
    access: choice('none', 'read', 'write').prefault('write').describe('What the service may do with it.'),
    migrate: command().optional().describe('Run once per store and build, before its first instance.'),
    seed: command().optional().describe('Run once, after the first migration of a new store.'),
  })
}

/** A path without query; prefixes match whole segments, so a slash at the end has no meaning and is dropped. */
function urlPath() {
  const allowed = 'a path beginning with /, without query, `.` or `..` segments'
  return leaf<string>(
    (input) => {
      if (typeof input === 'string' && input.length <= 1_000 && isCleanPath(input)) {
        return { ok: true, value: input === '/' ? input : input.replace(/\/$/, '') }
      }
      const repaired = typeof input === 'string' ? `/${input.replace(/^\/+/, '')}` : ''
      return { ok: false, allowed, says: 'is no path', ...(isCleanPath(repaired) && { nearest: repaired }) }
    },
    { type: 'string', pattern: '^/[^\\s?#]*$', $comment: allowed },
  )
}

function isCleanPath(path: string): boolean {
  return (
    /^(?:\/[A-Za-z0-9!$&'()*+,;=:@._~%-]+)*\/?$/.test(path) && path !== '' && !/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)
  )
}

function hostName() {
  const allowed = 'a host name in lower case, without scheme or port'
  const pattern = /^[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9][a-z0-9-]{0,62})*$/
  return leaf<string>(
    (input) => {
      if (typeof input === 'string' && input.length <= 253 && pattern.test(input)) return { ok: true, value: input }
      const repaired =
        typeof input === 'string'
          ? input
              .toLowerCase()
              .replace(/^https?:\/\//, '')
              .replace(/[:/].*$/, '')
          : ''
      const meant = pattern.test(repaired) ? { nearest: repaired } : {}
      return { ok: false, allowed, says: 'is no host name', ...meant }
    },
    { type: 'string', pattern: pattern.source, $comment: allowed },
  )
}
