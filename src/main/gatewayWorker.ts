import { enableCompileCache } from 'node:module'
import { parseArgs } from 'node:util'
import { defaultLimits, dividedLimits } from '../gateway/limits.ts'
import { Worker } from '../gateway/workers/worker.ts'

enableCompileCache()

// One of several workers of a gateway; `gateway.ts` starts it. Its folder is named for whoever looks at processes.
const { values } = parseArgs({ options: { dir: { type: 'string' }, workers: { type: 'string' } } })

const worker = new Worker(dividedLimits(defaultLimits, Number(values.workers ?? '1')))
process.on('SIGHUP', () => undefined)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => worker.stop(defaultLimits.stopMs))
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
worker.start()
