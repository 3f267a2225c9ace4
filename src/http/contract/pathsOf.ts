import type { Route } from './route.ts'
import { apiBase } from './routes.ts'

/** Full paths of a route, parameters as `{name}`. */
export function pathsOf(route: Route): readonly string[] {
  if (route.base === 'api') return [apiBase + route.path]
  return route.base === 'root' ? [route.path] : [route.path, apiBase + route.path]
}
