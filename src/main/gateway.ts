import { mkdir, unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { enableCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { serveAdmin } from '../gateway/admin.ts'
import type { ControlledGateway } from '../gateway/controlledGateway.ts'
import { Gateway } from '../gateway/gateway.ts'
import { defaultLimits } from '../gateway/limits.ts'
import { serveMetrics } from '../gateway/metrics.ts'
import { writeDurably } from '../gateway/tableFile.ts'
import { CrewedGateway } from '../gateway/workers/crewedGateway.ts'
import { findLeftWorkers, killLeftWorkers } from './leftWorkers.ts'
import { lifelineFd } from './lifeline.ts'
import { createProcessLog } from './processLog.ts'

enableCompileCache()

const usage = 'usage: node src/main/gateway.ts --dir DIR --id ID [--metrics-port N] [--workers N]'
const maxWorkers = 64

interface Options {
  readonly dir: string
  readonly id: string
  readonly metricsPort: number
  readonly workers: number
}

function fail(message: string, code: number): never {
  process.stderr.write(`gateway: ${message}\n`)
  process.exit(code)
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      id: { type: 'string' },
      'metrics-port': { type: 'string' },
      workers: { type: 'string' },
    },
  })
  const { dir, id } = values
  if (dir === undefined || id === undefined) fail(usage, 2)
  const metricsPort = Number(values['metrics-port'] ?? '0')
  if (!Number.isInteger(metricsPort) || metricsPort < 0 || metricsPort > 65_535)
    fail(`--metrics-port is "${values['metrics-port']}"; allowed: 0 (any free one) to 65535`, 2)
  const workers = Number(values.workers ?? '1')
  if (!Number.isInteger(workers) || workers < 1 || workers > maxWorkers)
    fail(`--workers is "${values.workers}"; allowed: a whole number from 1 to ${maxWorkers}`, 2)
  return { dir: resolve(dir), id, metricsPort, workers }
}

const log = createProcessLog()

/** One worker is this process itself. */
function createGateway(): ControlledGateway {
  const { dir, id, workers } = options
  if (workers === 1) return new Gateway(dir, id, defaultLimits, log)
  const args = ['--dir', dir, '--workers', String(workers)]
  return new CrewedGateway(dir, id, defaultLimits, { workers, entry: workerEntry, args, report: log })
}

const freeWithinMs = 2_000

/** Starts with the table on disk; workers of a gateway that died here may not keep its doors. */
async function startGateway(): Promise<readonly string[]> {
  const left = findLeftWorkers(workerEntry, options.dir).length
  const problems = await gateway.start()
  if (left === 0) return problems
  if (problems.length === 0) {
    setTimeout(() => void killLeftWorkers(workerEntry, options.dir), 2 * defaultLimits.stopMs).unref()
    return problems
  }
  log('workers of an earlier gateway are killed', { left, problems })
  await killLeftWorkers(workerEntry, options.dir)
  let still = await gateway.reload()
  // A killed process is out of sight a moment before the system has closed its sockets.
  for (const endAtMs = performance.now() + freeWithinMs; still.length > 0 && performance.now() < endAtMs; ) {
    await new Promise((done) => setTimeout(done, 50))
    still = await gateway.reload()
  }
  return still
}

const unwritable = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EPERM', 'EACCES', 'EIO'])
const openAdminEveryMs = 1_000

/** Undefined where a full or read-only disk lets nobody open a socket: users are served by the table on disk all the same. */
async function openAdmin(): Promise<Server | undefined> {
  try {
    return await serveAdmin(socketPath, gateway, metrics.port)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !unwritable.has(code)) fail(message, 3)
    log('no control plane can reach this gateway: its admin socket cannot be opened; it is tried again', {
      error: message,
    })
    return undefined
  }
}

async function openAdminLater(): Promise<void> {
  while (admin === undefined) {
    await new Promise((done) => setTimeout(done, openAdminEveryMs))
    admin = await openAdmin()
  }
  log('the admin socket is open')
}

/**
 * In a demo the supervisor holds the only write end of this pipe. Polled as a socket: a blocking read would hold a
 * thread of the pool, and `process.exit` waits for those.
 */
function endWithSupervisor(end: (why: string) => void): void {
  const pipe = new Socket({ fd: lifelineFd, readable: true, writable: false })
  pipe.on('data', () => undefined)
  pipe.on('error', () => undefined)
  pipe.on('close', () => end('the supervisor is gone'))
}

// The gateway outlives the terminal and the process that started it; from the first moment on.
process.on('SIGHUP', () => undefined)

let isStopping = false
/** Set when there is something to end; a signal that came before it ends the process at once. */
let endServing: (() => Promise<unknown>) | undefined
function stop(why: string): void {
  if (isStopping) return
  isStopping = true
  log('stopping', { why })
  void (endServing?.() ?? Promise.resolve()).finally(() => process.exit(0))
}
process.on('SIGTERM', () => stop('SIGTERM'))
process.on('SIGINT', () => stop('SIGINT'))

const options = readOptions()
await mkdir(options.dir, { recursive: true, mode: 0o700 })
const workerEntry = fileURLToPath(new URL('gatewayWorker.ts', import.meta.url))
const gateway = createGateway()
const metrics = await serveMetrics(options.metricsPort, () => gateway.metrics()).catch((error: Error) =>
  fail(
    `port ${options.metricsPort} for metrics cannot be opened: ${error.message}; choose another with --metrics-port`,
    3,
  ),
)
const socketPath = join(options.dir, 'admin.sock')
let admin = await openAdmin()
endServing = async () => {
  admin?.close()
  admin?.closeAllConnections()
  metrics.server.close()
  metrics.server.closeAllConnections()
  await Promise.allSettled([gateway.stop(defaultLimits.stopMs), unlink(socketPath)])
}
await writeDurably(options.dir, 'metrics.json', Buffer.from(`${JSON.stringify({ port: metrics.port })}\n`)).catch(
  (error: Error) => log('metrics.json cannot be written', { error: error.message }),
)
for (const problem of await startGateway()) log('the table on disk cannot be used', { problem })
log('started', { id: options.id, pid: process.pid, generation: gateway.generation, metrics: metrics.port })

if (admin === undefined) void openAdminLater()
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
if (process.env['COFFERDAM_LIFELINE'] === '1') endWithSupervisor(stop)
