import { createServer } from 'node:net'
import { CofferdamError } from '../../domain/errors.ts'

/** Below the range that the system gives to outgoing connections, so that none of those sits on a reserved port. */
const range = { from: 20_000, to: 32_700 } as const
const tries = 200

export interface Ports {
  /** A port of 127.0.0.1 that nobody listens on and that was not handed out before; throws `port-taken` when none is left. */
  readonly reserve: () => Promise<number>
  /** Marks a port that a known instance has. */
  readonly keep: (port: number) => void
  readonly release: (port: number) => void
}

/** Hands out ports; what it handed out stays taken until released, listening or not. */
export function createPorts(): Ports {
  const taken = new Set<number>()
  const reserve = async () => {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const port = range.from + Math.floor(Math.random() * (range.to - range.from))
      if (taken.has(port)) continue
      taken.add(port) // before the wait: two callers at once must not get the same
      if (await isFree(port)) return port
      taken.delete(port)
    }
    throw new CofferdamError(
      'port-taken',
      `no free port found between ${range.from} and ${range.to} in ${tries} tries; ${taken.size} are reserved`,
    )
  }
  return { reserve, keep: (port) => void taken.add(port), release: (port) => void taken.delete(port) }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
