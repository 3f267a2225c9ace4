import { fastify, type FastifyPluginAsync } from 'fastify'

/** The rival `@fastify/http-proxy`: `node fastifyProxy.ts PORT ORIGIN_PORT FILE`, where FILE is its main file. */
const loaded = (await import(process.argv[4] ?? '')) as {
  default: FastifyPluginAsync<{ readonly upstream: string; readonly prefix: string; readonly rewritePrefix: string }>
}
const server = fastify({ keepAliveTimeout: 75_000 })
await server.register(loaded.default, {
  upstream: `http://127.0.0.1:${process.argv[3]}`,
  prefix: '/api/bench',
  rewritePrefix: '/api/bench',
})
await server.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
