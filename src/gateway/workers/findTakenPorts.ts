import { createServer } from 'node:net'
import { PortTaken, type Place } from '../listener.ts'

/**
 * Why ports cannot be opened; empty: they can. Asked by the primary before any worker opens them: Node's cluster does
 * not give a port free again in a worker where it was once refused, and ends the worker at the next try.
 */
export async function findTakenPorts(places: readonly Place[]): Promise<readonly string[]> {
  return (await Promise.all(places.map(problemOf))).flat()
}

async function problemOf({ address, port }: Place): Promise<readonly string[]> {
  const server = createServer()
  return await new Promise((resolve) => {
    server.once('error', (error) => resolve([new PortTaken({ address, port }, error).message]))
    server.listen({ host: address, port }, () => server.close(() => resolve([])))
  })
}
