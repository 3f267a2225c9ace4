import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'

interface Proxy {
  readonly web: (request: IncomingMessage, response: ServerResponse) => unknown
  readonly on: (event: 'error', call: () => void) => void
}

interface Loaded {
  readonly createProxyServer: (options: object) => Proxy
}

/** The rivals `http-proxy` and `httpxy`: `node httpProxy.ts PORT ORIGIN_PORT FILE`, where FILE is the main file of the package. */
const loaded = (await import(process.argv[4] ?? '')) as Partial<Loaded> & { readonly default?: Loaded }
const createProxyServer = loaded.createProxyServer ?? loaded.default?.createProxyServer
if (createProxyServer === undefined) throw new Error(`"${process.argv[4]}" makes no proxies`)
const agent = new Agent({ keepAlive: true, maxSockets: 128 })
const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[3]}`, agent })
proxy.on('error', () => undefined)
const server = createServer((request, response) => void proxy.web(request, response))
server.keepAliveTimeout = 75_000
server.listen(Number(process.argv[2]), '127.0.0.1')
