import { z } from 'zod'
import { problemSchema, promotionSchema, statusSchema } from './documents.ts'
import type { Route } from './route.ts'
import { apiBase, routes } from './routes.ts'

type Json = Readonly<Record<string, unknown>>

const named = new Map<z.ZodType, string>([
  [problemSchema, 'Problem'],
  [promotionSchema, 'Promotion'],
  [statusSchema, 'Status'],
])

/** The API as an OpenAPI 3.1 document, made from the table of routes. */
export function describeApi(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = (route.base === 'api' ? apiBase : '') + route.path
    const known = paths[path] ?? {}
    paths[path] = { ...known, [route.method.toLowerCase()]: describeOperation(name, route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cofferdam',
      version,
      description: 'Every change takes an Idempotency-Key: same key, same answer, for 24 h.',
    },
    paths,
    components: {
      schemas: Object.fromEntries([...named].map(([schema, name]) => [name, toSchema(schema, 'output')])),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function describeOperation(name: string, route: Route): Json {
  const parameters = [...describeParameters(route.params, 'path'), ...describeParameters(route.query, 'query')]
  return {
    operationId: name,
    summary: route.summary,
    ...(route.access === 'change' ? { security: [{ token: [] }] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: toSchema(route.body, 'input') } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(route.answers).map(([status, body]) => [status, describeAnswer(body)])),
      default: {
        description: 'A problem (RFC 9457).',
        content: { 'application/problem+json': { schema: refer(problemSchema) } },
      },
    },
  }
}

function describeAnswer(body: z.ZodType | string): Json {
  if (typeof body === 'string') return { description: 'As asked.', content: { [body]: {} } }
  return { description: 'As asked.', content: { 'application/json': { schema: refer(body) } } }
}

function describeParameters(schema: z.ZodType | undefined, place: 'path' | 'query'): readonly Json[] {
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).map(([name, part]) => ({
    name,
    in: place,
    required: place === 'path' || !part.safeParse(undefined).success,
    schema: toSchema(part, 'input'),
  }))
}

function refer(schema: z.ZodType): Json {
  const name = named.get(schema)
  return name === undefined ? toSchema(schema, 'output') : { $ref: `#/components/schemas/${name}` }
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    reused: 'inline',
    // Fields may be added to answers, so no client may be generated that refuses them.
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  return json
}
