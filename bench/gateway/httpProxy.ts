import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'

interface Proxy {
  readonly web: (request: IncomingMessage, response: ServerResponse) => void
  readonly on: (event: 'error', call: () => void) => void
}

/** The rival `http-proxy`: `node httpProxy.ts PORT ORIGIN_PORT FILE`, where FILE is its main file. */
const loaded = ((await import(process.argv[4] ?? '')) as { default: { createProxyServer: (options: object) => Proxy } })
  .default
const agent = new Agent({ keepAlive: true, maxSockets: 128 })
const proxy = loaded.createProxyServer({ target: `http://127.0.0.1:${process.argv[3]}`, agent })
proxy.on('error', () => undefined)
createServer((request, response) => proxy.web(request, response)).listen(Number(process.argv[2]), '127.0.0.1')
