import { createServer } from 'node:net'
import { PortTaken } from '../listener.ts'

/**
 * Why ports cannot be opened; empty: they can. Asked by the primary before any worker opens them: Node's cluster does
 * not give a port free again in a worker where it was once refused, and ends the worker at the next try.
 */
export async function findTakenPorts(ports: readonly number[]): Promise<readonly string[]> {
  return (await Promise.all(ports.map(problemOf))).flat()
}

async function problemOf(port: number): Promise<readonly string[]> {
  const server = createServer()
  return await new Promise((resolve) => {
    server.once('error', (error) => resolve([new PortTaken(port, error).message]))
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve([])))
  })
}
