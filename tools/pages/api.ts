import { describeApi } from '../../src/http/contract/openapi.ts'
import { pathsOf } from '../../src/http/contract/pathsOf.ts'
import type { Route } from '../../src/http/contract/route.ts'
import { routes } from '../../src/http/contract/routes.ts'
import { formatTable } from '../markdown.ts'

const intro = `# API

Generated from \`src/http/contract\`, which the routes are registered from. \`GET /api/v1/openapi.json\` is the same as an
OpenAPI 3.1 document, with the schema of every answer.

- The address is in the ready file, in \`$COFFERDAM_HOME/api.json\` and in \`./cofferdam demo\`'s first lines.
- **Access.** \`none\`: anyone. \`read\`: on loopback without a token. \`change\`: with \`Authorization: Bearer TOKEN\`; the token is
  in \`$COFFERDAM_HOME/token\`. A request whose \`Host\` is not an address of the API is refused.
- **Answers** are JSON. Whatever is not 2xx is a problem document (RFC 9457) with \`code\`, \`detail\`, \`help\`, \`retry\`, and
  \`holds\` where something is held: see [errors](errors.md) and [holds](holds.md).
- **Repeating a change.** Give it an \`Idempotency-Key\`: the same key with the same request has the same answer for 24 h;
  with another request it is \`idempotency-mismatch\`. What a deploy, a rollback, a retry or a pass began is saved with the key, so a repeat after a crash
  is given what was begun and begins nothing twice.
- **Instants** are ISO 8601 in UTC with milliseconds. **Shares** are fractions: 0.05 is 5 %. Fields may be added to any answer.

`

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        {
          readonly schema: {
            readonly properties?: Readonly<Record<string, unknown>>
            readonly required?: readonly string[]
          }
        }
      >
    >
  }
}

/** `docs/reference/api.md`. */
export function apiPage(): string {
  const { paths } = describeApi('0') as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }
  const rows = Object.values<Route>(routes).map((route) => {
    const all = pathsOf(route)
    const operation = all.map((path) => paths[path]?.[route.method.toLowerCase()]).find((found) => found !== undefined)
    return [
      all.map((path) => `\`${route.method} ${path}\``).join(' '),
      route.access,
      takes(operation),
      Object.keys(route.answers).join(', '),
      route.summary,
    ]
  })
  return `${intro}${formatTable(['route', 'access', 'takes', 'answers', 'meaning'], rows)}\n${events}`
}

function takes(operation: Operation | undefined): string {
  const query = (operation?.parameters ?? [])
    .filter((one) => one.in === 'query')
    .map((one) => `\`?${one.name}\`${one.required ? '' : ' (optional)'}`)
  const schema = operation?.requestBody?.content['application/json']?.schema
  const body = Object.keys(schema?.properties ?? {}).map(
    (name) => `\`${name}\`${schema?.required?.includes(name) ? '' : ' (optional)'}`,
  )
  return [...query, ...body].join(', ') || '–'
}

const events = `
## The stream of events

\`GET /api/v1/events\` with \`Accept: text/event-stream\` stays open. Each message carries the event's number as \`id\`; a reader
that was cut off sends the last one as \`Last-Event-ID\` and misses nothing, because [events](events.md) are numbered without gaps.
`
