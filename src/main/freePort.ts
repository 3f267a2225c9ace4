import { createServer } from 'node:net'
import { CofferdamError } from '../domain/errors.ts'
import { findPortHolder } from '../http/findPortHolder.ts'

/** Below the ports that the system gives to outgoing connections: one of those would sit on a door that is reopened. */
const range = { from: 10_240, to: 19_999 } as const
const tries = 200

/** A TCP port of 127.0.0.1 that was free a moment ago; a wanted one that is taken is refused by name. */
export async function freePort(wanted: number | 'auto'): Promise<number> {
  if (wanted !== 'auto') {
    const why = await whyNotFree(wanted)
    if (why === undefined) return wanted
    const holder = findPortHolder(wanted)
    const text = holder ? `pid ${holder.pid} listens there (${holder.command})` : why
    throw new CofferdamError('port-taken', `port ${wanted} of 127.0.0.1 cannot be opened: ${text}`)
  }
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const port = range.from + Math.floor(Math.random() * (range.to - range.from))
    if ((await whyNotFree(port)) === undefined) return port
  }
  throw new CofferdamError('port-taken', `no free port found between ${range.from} and ${range.to} in ${tries} tries`)
}

function whyNotFree(port: number): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(error.message))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
