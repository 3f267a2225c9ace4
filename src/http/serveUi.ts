import { createReadStream, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/**
 * Nothing but our own files may run, and no page of anyone else may frame ours. No inline scripts and no inline style
 * sheets: what a name or a log line holds can never become either.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
}

const missing = `Cofferdam's API answers here, but its UI is not built.

Build it with: npm run build:ui
Everything that it shows is in the CLI too: ./cofferdam status
`

/**
 * Serves the built UI at the root: its files, and its page for whatever a browser navigates to. Paths of the API and
 * requests that are no navigation are answered as before.
 *
 * @param folder where the build lies; undefined or empty: `/` says in plain words that there is none.
 */
export function serveUi(app: FastifyInstance, folder: string | undefined): void {
  app.get('/', (request, reply) => sendPage(folder, request, reply))
  app.get('/assets/*', (request, reply) => sendFile(folder, request, reply, 'public, max-age=31536000, immutable'))
  for (const name of ['/theme.js', '/mark.svg']) {
    app.get(name, (request, reply) => sendFile(folder, request, reply, 'no-cache'))
  }
  // The screens; anything else is a wrong address and stays a 404.
  for (const path of ['/promotions/:id', '/services/:name', '/environments', '/environments/:name', '/activity']) {
    app.get(path, (request, reply) => {
      if (isNavigation(request)) return sendPage(folder, request, reply)
      reply.callNotFound()
      return reply
    })
  }
}

function isNavigation({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') === true
}

async function sendPage(
  folder: string | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const page = folder === undefined ? undefined : await readFile(join(folder, 'index.html')).catch(() => undefined)
  void reply.headers({
    'cache-control': 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'x-frame-options': 'DENY',
  })
  if (page === undefined) return reply.code(503).type('text/plain; charset=utf-8').send(missing)
  return reply.type('text/html; charset=utf-8').send(request.method === 'HEAD' ? '' : page)
}

function sendFile(folder: string | undefined, request: FastifyRequest, reply: FastifyReply, caching: string): void {
  const path = normalize(request.url.split('?')[0] ?? '')
  const type = types[extname(path)]
  // A build has names of letters, digits, dots, dashes: whatever else is asked for is not one of its files.
  if (folder === undefined || type === undefined || !/^\/(?:assets\/)?[\w.-]+$/.test(path) || path.includes('..'))
    return reply.callNotFound()
  const file = join(folder, path)
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) return reply.callNotFound()
  void reply
    .headers({ 'cache-control': caching, 'content-length': String(size) })
    .type(type)
    .send(createReadStream(file))
}
