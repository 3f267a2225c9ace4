import { fastify, type FastifyPluginAsync } from 'fastify'
import { join } from 'node:path'

/** The rival `@fastify/http-proxy`: `node fastifyProxy.ts PORT ORIGIN_PORT FOLDER`, where FOLDER is its package. */
const loaded = (await import(join(process.argv[4] ?? '', 'index.js'))) as {
  default: FastifyPluginAsync<{ readonly upstream: string; readonly prefix: string; readonly rewritePrefix: string }>
}
const server = fastify({ keepAliveTimeout: 75_000 })
await server.register(loaded.default, {
  upstream: `http://127.0.0.1:${process.argv[3]}`,
  prefix: '/api/bench',
  rewritePrefix: '/api/bench',
})
await server.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
