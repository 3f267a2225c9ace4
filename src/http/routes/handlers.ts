import type { RouteName } from '../contract/routes.ts'
import type { HandlerPorts, Handlers } from '../handler.ts'
import { createBuildRoutes } from './builds.ts'
import { createCatalogRoutes } from './catalog.ts'
import { createPromotionRoutes } from './promotions.ts'
import { createSessionRoutes, type SessionPorts } from './session.ts'
import { createViewRoutes } from './views.ts'

export interface AllPorts extends HandlerPorts, SessionPorts {
  readonly metrics: () => Promise<string>
  /** The OpenAPI document. */
  readonly describe: () => Promise<unknown>
}

/** A handler for every route of the contract. */
export function createHandlers(ports: AllPorts): Handlers<RouteName> {
  return {
    ...createBuildRoutes(ports),
    ...createPromotionRoutes(ports),
    ...createCatalogRoutes(ports),
    ...createViewRoutes(ports),
    ...createSessionRoutes(ports),
    metrics: async () => ({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: await ports.metrics(),
    }),
    openapi: async () => ({ status: 200, body: await ports.describe() }),
  }
}
