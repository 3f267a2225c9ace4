import { CofferdamError } from '../../domain/errors.ts'
import { type HandlerPorts, type Handlers, ok } from '../handler.ts'
import { toEventDocument } from '../present.ts'

type ViewRoute = 'about' | 'health' | 'ready' | 'status' | 'traffic' | 'holds' | 'logs' | 'events' | 'explain'

export function createViewRoutes({ engine, about }: HandlerPorts): Handlers<ViewRoute> {
  return {
    about: async () => ok(about),
    health: async () => ok({ ok: true }),
    ready: async () => {
      const readiness = await engine.readiness()
      if (!readiness.ready) {
        throw new CofferdamError('unreachable', `not ready to serve: ${readiness.text}`, {
          details: { ready: false, help: 'Wait a moment: it becomes ready by itself.' },
        })
      }
      return ok(readiness)
    },
    status: async () => ok(await engine.status()),
    traffic: async () => ok(await engine.traffic()),
    holds: async () => ok({ holds: await engine.holds() }),
    logs: async ({ query }) => {
      const lines = await engine.logs({
        service: query.service,
        ...(query.environment === undefined ? {} : { environment: query.environment }),
        ...(query.host === undefined ? {} : { host: query.host }),
        ...(query.promotion === undefined ? {} : { promotion: query.promotion }),
        lines: query.lines ?? 200,
      })
      return ok({ lines })
    },
    events: async ({ query }) => {
      const { promotion, after = 0, limit = 1_000 } = query
      const [events, last] = await Promise.all([
        promotion === undefined ? engine.events(after, limit) : engine.eventsOf(promotion),
        engine.lastEventId(),
      ])
      return ok({ events: events.map(toEventDocument), last })
    },
    explain: async ({ body }) =>
      ok(await engine.explain({ method: body.method, url: body.url, headers: body.headers ?? {} })),
  }
}
