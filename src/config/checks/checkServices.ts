import { formatPath, quoteValue, type Path } from '../problem.ts'
import { keysAt, listAt, mapAt, type Checked } from './check.ts'
import { checkUnknownNames, type Reference } from './unknownNames.ts'

/** What services say about each other, and what environments say about services. */
export function checkServices(checked: Checked): void {
  checkRoutes(checked)
  for (const service of keysAt(checked.data, ['services'])) {
    checkDependencies(checked, service)
    checkProbes(checked, service)
  }
  if (checked.isJudged(['services'])) return
  const names = checked.namesAt(['services'])
  if (names.length === 0) {
    checked.report({ path: ['services'], value: {}, allowed: 'at least one service', says: 'is empty' })
  }
  checkUnknownNames(checked, referencesToServices(checked.data), { what: 'service', names })
}

function checkRoutes({ data, isJudged, report }: Checked): void {
  const taken = new Map<string, Path>()
  for (const service of keysAt(data, ['services'])) {
    listAt(data, ['services', service, 'routes']).forEach((route, i) => {
      const path = ['services', service, 'routes', i]
      const key = routeKey(route)
      if (key === undefined || isJudged(path)) return
      const first = taken.get(key)
      if (first === undefined) taken.set(key, path)
      else
        report({
          path,
          value: route,
          allowed: 'a route that no other has',
          says: `is the same route as \`${formatPath(first)}\``,
        })
    })
  }
}

function routeKey(route: unknown): string | undefined {
  const { host = '', path = '/' } = typeof route === 'string' ? { path: route } : mapAt(route, [])
  if (typeof host !== 'string' || typeof path !== 'string') return undefined
  return `${host} ${path === '/' ? path : path.replace(/\/$/, '')}`
}

function checkDependencies({ data, isJudged, report }: Checked, service: string): void {
  const seen = new Set<unknown>()
  listAt(data, ['services', service, 'dependencies']).forEach((name, i) => {
    const path = ['services', service, 'dependencies', i]
    if (isJudged(path)) return
    if (name === service) report({ path, value: name, allowed: 'other services', says: 'is the service itself' })
    else if (seen.has(name))
      report({ path, value: name, allowed: 'each service once', says: `names ${quoteValue(path, name)} twice` })
    seen.add(name)
  })
}

function checkProbes({ data, isJudged, report }: Checked, service: string): void {
  for (const [name, test] of Object.entries(mapAt(data, ['services', service, 'tests']))) {
    const { request, body } = mapAt(test, [])
    const path = ['services', service, 'tests', name, 'body']
    if (body === undefined || typeof request !== 'string' || !/^(?:GET|HEAD) /.test(request) || isJudged(path)) continue
    const says = `stands at a ${request.slice(0, 4).trim()} request, which has none`
    report({ path, value: body, allowed: 'a body with POST, PUT, PATCH, DELETE or OPTIONS', says, atKey: true })
  }
}

function referencesToServices(data: unknown): Reference[] {
  const references: Reference[] = []
  for (const service of keysAt(data, ['services'])) {
    listAt(data, ['services', service, 'dependencies']).forEach((name, i) => {
      if (typeof name === 'string' && name !== service)
        references.push({ path: ['services', service, 'dependencies', i], name })
    })
  }
  for (const environment of keysAt(data, ['environments'])) {
    for (const part of ['hosts', 'settings']) {
      const path = ['environments', environment, part]
      for (const name of keysAt(data, path)) references.push({ path: [...path, name], name, atKey: true })
    }
    const path = ['environments', environment, 'differs']
    for (const key of keysAt(data, path))
      references.push({ path: [...path, key], name: key.split('.')[0] ?? '', atKey: true })
  }
  return references
}
