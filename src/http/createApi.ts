import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { CofferdamError, invariant } from '../domain/errors.ts'
import type { Clock, Store } from '../engine/ports.ts'
import { createAuth } from './auth.ts'
import { pathsOf } from './contract/pathsOf.ts'
import type { Route } from './contract/route.ts'
import { apiBase, routes } from './contract/routes.ts'
import { createEventFeed } from './eventFeed.ts'
import { createLiveFeed } from './liveFeed.ts'
import { findPortHolder } from './findPortHolder.ts'
import type { HandlerPorts } from './handler.ts'
import { createAnswerOnce } from './idempotency.ts'
import { RequestError, toProblem } from './problem.ts'
import { createHandlers } from './routes/handlers.ts'
import { registerRoutes } from './registerRoutes.ts'
import { serveUi } from './serveUi.ts'
import { createSessions } from './sessions.ts'

export interface ApiOptions extends HandlerPorts {
  /** The secret of the home, as it is now. */
  readonly token: () => string
  /** Where answers to keyed requests are remembered. */
  readonly store: Pick<Store, 'recall' | 'remember'>
  readonly clock: Pick<Clock, 'now'>
  /** `port` 0 takes a free one. */
  readonly address: { readonly host: string; readonly port: number }
  /** Metrics in the Prometheus text format. */
  readonly metrics: () => Promise<string>
  /** Told of everything that nobody foresaw, with the id that the client was given. */
  readonly onBug: (error: unknown, requestId: string) => void
  /** Folder of the built UI; without it `/` says that there is none. */
  readonly ui?: string
  /** Between comments of an event stream; default 15 s. */
  readonly heartbeatMs?: number
}

export interface Api {
  /** Starts to answer. Throws `port-taken`, naming who listens there. */
  readonly listen: () => Promise<{ readonly url: string; readonly port: number }>
  /** Ends event streams, lets answers under way end, stops listening. */
  readonly close: () => Promise<void>
}

const bodyLimitBytes = 1024 * 1024
/** Beyond it connections are closed at once: a program that leaks them does not take the descriptors of the process. */
const maxConnections = 1_000

/** How often connections that became idle are looked for while the API ends. */
const sweepMs = 25

/** The public API of the control plane. */
export function createApi(options: ApiOptions): Api {
  let port = options.address.port
  const address = (): { host: string; port: number } => ({ host: options.address.host, port })
  const now = options.clock.now
  const sessions = createSessions(options.token)
  const auth = createAuth({ token: options.token, sessions, now, address })
  const feed = createEventFeed(options.engine, (error) => options.onBug(error, 'event feed'))
  const live = createLiveFeed(options.engine, now, (error) => options.onBug(error, 'live feed'))
  const app = createServer(options.onBug)

  app.addHook('onRequest', async (request, reply) => {
    void reply
      .header('x-request-id', request.id)
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
    auth.checkHost({ headers: request.headers, remote: request.ip })
  })
  const streams = registerRoutes({
    app,
    auth,
    feed,
    live,
    answerOnce: createAnswerOnce(options.store, now),
    handlers: createHandlers({
      ...options,
      sessions,
      now,
      failed: auth.failed,
      url: () => toUrl(address()),
      // Hardly ever asked for, and not before the API answers.
      describe: async () => (await import('./contract/openapi.ts')).describeApi(options.about.version),
    }),
    heartbeatMs: options.heartbeatMs ?? 15_000,
  })
  serveUi(app, options.ui)
  app.addHook('preClose', async () => {
    feed.close()
    live.close()
    for (const end of streams) end()
  })

  return {
    listen: async () => {
      await listen(app, options.address)
      const bound = app.server.address()
      invariant(typeof bound === 'object' && bound !== null, 'the API listens on a TCP port')
      port = bound.port
      return { url: toUrl(address()), port }
    },
    close: async () => {
      // A connection whose answer ends a moment after the first sweep is idle then, and would be waited for until it times out.
      const sweep = setInterval(() => app.server.closeIdleConnections(), sweepMs)
      try {
        await app.close()
      } finally {
        clearInterval(sweep)
      }
    },
  }
}

function createServer(onBug: ApiOptions['onBug']): FastifyInstance {
  const send = (error: unknown, requestId: string, reply: FastifyReply): void => {
    const problem = toProblem(error, requestId)
    if (problem.isBug) onBug(error, requestId)
    void reply
      .code(problem.status)
      .headers(problem.headers)
      .type('application/problem+json')
      .send(JSON.stringify(problem.body))
  }
  const app = Fastify({
    logger: false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => send(error, request.id, reply),
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
  })
  app.server.maxConnections = maxConnections
  app.setErrorHandler<FastifyError>((error, request, reply) => send(error, request.id, reply))
  app.setNotFoundHandler((request, reply) => send(explainMissing(request.method, request.url), request.id, reply))
  app.removeAllContentTypeParsers()
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // A client that always says JSON also says it when it has nothing to say.
    if (body === '') done(null, undefined)
    else void parseJson(request, String(body), done)
  })
  return app
}

/** 405 for a path that another method has, else 404. */
function explainMissing(method: string, url: string): RequestError {
  const path = url.split('?')[0] ?? ''
  const allowed = Object.values<Route>(routes).filter((route) =>
    pathsOf(route).some((known) => toPattern(known).test(path)),
  )
  if (allowed.length === 0)
    return new RequestError('usage', 404, `there is nothing at ${path}; ${apiBase}/openapi.json lists what there is`)
  const methods = [...new Set(allowed.map((route) => route.method))].join(', ')
  return new RequestError('usage', 405, `${path} answers ${methods}, not ${method}`, { headers: { allow: methods } })
}

function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`)
}

async function listen(app: FastifyInstance, { host, port }: ApiOptions['address']): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    const holder = findPortHolder(port)
    const by = holder === undefined ? 'another process' : `pid ${holder.pid} (${holder.command})`
    throw new CofferdamError('port-taken', `the API cannot listen on ${host}:${port}: ${by} does`, { cause: error })
  }
}

function toUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
