import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Auth } from './auth.ts'
import { pathsOf } from './contract/pathsOf.ts'
import type { InputOf, Route } from './contract/route.ts'
import { type RouteName, routes } from './contract/routes.ts'
import type { EventFeed } from './eventFeed.ts'
import { streamEvents } from './eventStream.ts'
import type { LiveFeed } from './liveFeed.ts'
import type { Handlers } from './handler.ts'
import type { Answer, AnswerOnce } from './idempotency.ts'
import { toInputProblems } from './inputProblems.ts'
import { RequestError, toProblem } from './problem.ts'

/** A browser has one or two; a script that forgets to close its own is told so. */
const maxStreams = 200

export interface RoutesOptions {
  readonly app: FastifyInstance
  readonly auth: Auth
  readonly feed: EventFeed
  readonly live: LiveFeed
  readonly handlers: Handlers<RouteName>
  readonly answerOnce: AnswerOnce
  readonly heartbeatMs: number
}

/** Registers every route of the table. Returns how to end each event stream that is open. */
export function registerRoutes(options: RoutesOptions): ReadonlySet<() => void> {
  const streams = new Set<() => void>()
  for (const name of Object.keys(routes) as RouteName[]) {
    const route: Route = routes[name]
    const handle = options.handlers[name] as (input: InputOf<Route>, requestKey?: string) => Promise<Answer>
    for (const path of pathsOf(route)) {
      options.app.route({
        method: route.method,
        url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
        exposeHeadRoute: name !== 'events',
        // Before the body is read: nobody who may not ask has us read a megabyte.
        onRequest: async (request) =>
          options.auth.checkAccess(route.access, { headers: request.headers, remote: request.ip }),
        handler: async (request, reply) => {
          if (name === 'events' && request.headers.accept?.includes('text/event-stream') === true) {
            return openStream(options, streams, request, reply)
          }
          const input = readInput(route, request)
          return send(
            reply,
            await answer(options.answerOnce, request, input.body, (requestKey) => handle(input, requestKey)),
          )
        },
      })
    }
  }
  return streams
}

function answer(
  answerOnce: AnswerOnce,
  request: FastifyRequest,
  body: unknown,
  handle: (requestKey?: string) => Promise<Answer>,
): Promise<Answer> {
  const key = request.headers['idempotency-key']
  if (key === undefined || request.method !== 'POST') return handle()
  // A refusal is an answer like any other: it is remembered, or a repeat could be the one that succeeds.
  const handleOrRefuse = async (requestKey: string): Promise<Answer> => {
    try {
      return await handle(requestKey)
    } catch (error) {
      const problem = toProblem(error, request.id)
      if (problem.status >= 500) throw error
      return {
        status: problem.status,
        headers: { ...problem.headers, 'content-type': 'application/problem+json' },
        body: problem.body,
      }
    }
  }
  return answerOnce({ key: String(key), method: request.method, path: request.url, body }, handleOrRefuse)
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  void reply.code(status)
  if (headers?.['content-type'] === undefined) void reply.type('application/json; charset=utf-8')
  void reply.headers(headers ?? {})
  return reply.send(typeof body === 'string' ? body : JSON.stringify(body))
}

function readInput(route: Route, request: FastifyRequest): InputOf<Route> {
  return {
    params: read(route.params, request.params, 'path'),
    query: read(route.query, request.query, 'query'),
    body: read(route.body, request.body ?? {}, 'body'),
  } as InputOf<Route>
}

function read(schema: z.ZodType | undefined, value: unknown, place: string): unknown {
  if (schema === undefined) return undefined
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  const problems = toInputProblems(read.error.issues, value, place, known)
  throw new RequestError('usage', 400, problems.map(({ text }) => text).join('; '), { details: { problems } })
}

function openStream(
  options: RoutesOptions,
  streams: Set<() => void>,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const input = readInput(routes.events, request) as InputOf<typeof routes.events>
  const after = readLastEventId(request) ?? input.query.after ?? 0
  if (streams.size >= maxStreams) {
    throw new RequestError('unreachable', 503, `${streams.size} event streams are open, the most that are served`, {
      details: { help: 'Close some of them, or poll without `Accept: text/event-stream`.' },
    })
  }
  reply.hijack()
  const end = streamEvents(options.feed, reply.raw, after, {
    heartbeatMs: options.heartbeatMs,
    ...(input.query.live === '1' ? { live: options.live } : {}),
  })
  streams.add(end)
  reply.raw.once('close', () => streams.delete(end))
  return reply
}

/** It wins over `after`: a browser that reconnects asks with the same address again. */
function readLastEventId(request: FastifyRequest): number | undefined {
  const given = request.headers['last-event-id']
  if (given === undefined || given === '') return undefined
  if (!/^\d{1,15}$/.test(String(given)))
    throw new RequestError('usage', 400, `Last-Event-ID is ${JSON.stringify(given)}; it must be the number of an event`)
  return Number(given)
}
