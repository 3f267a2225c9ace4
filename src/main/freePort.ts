import { createServer } from 'node:net'
import { CofferdamError } from '../domain/errors.ts'

/** A TCP port of 127.0.0.1 that was free a moment ago; a wanted one that is taken is refused by name. */
export async function freePort(wanted: number | 'auto'): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new CofferdamError('port-taken', `port ${wanted} of 127.0.0.1 cannot be opened: ${cause.message}`, { cause })))
    server.listen({ host: '127.0.0.1', port: wanted === 'auto' ? 0 : wanted }, () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
