import { enableCompileCache } from 'node:module'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createDiffBuilds } from '../adapters/builds/diffBuilds.ts'
import { createTraffic } from '../adapters/gateway/traffic.ts'
import { createTests } from '../adapters/tests/tests.ts'
import { CofferdamError } from '../domain/errors.ts'
import { createEngine } from '../engine/createEngine.ts'
import { createApi } from '../http/createApi.ts'
import type { readConfig as readConfiguration } from '../config/readConfig.ts'
import { createBuilds } from '../runtime/process/snapshot.ts'
import { createProcessRuntime } from '../runtime/process/processRuntime.ts'
import { prepareHome } from '../store/home.ts'
import { createTokenReader } from '../store/token.ts'
import { lockHome } from '../store/lock.ts'
import { openSqliteStore } from '../store/sqlite/openSqliteStore.ts'
import { createMetrics } from './controlPlaneMetrics.ts'
import { readRun } from './apiFile.ts'
import { endOnError } from './endOnError.ts'
import { freePort } from './freePort.ts'
import { reopenLifeline, watchLifeline } from './lifeline.ts'
import { createProcessLog } from './processLog.ts'
import { createSteadyClock } from './steadyClock.ts'
import { systemClock } from './systemClock.ts'
import { writeFileWhole } from './writeFileWhole.ts'
import { describeHome } from './describeHome.ts'
import { builtUi } from './builtUi.ts'

enableCompileCache()

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    port: { type: 'string' },
    config: { type: 'string' },
    run: { type: 'string' },
    demo: { type: 'boolean' },
  },
})

const log = createProcessLog()

function reportError(kind: string, error: unknown): void {
  metrics.countError(kind)
  const stack = error instanceof Error ? error.stack : undefined
  log('a pass failed and comes back', {
    kind,
    error: error instanceof Error ? error.message : String(error),
    ...(error instanceof CofferdamError ? {} : { stack }),
  })
}

/** Parser and schemas are loaded when somebody applies a configuration: one that was killed is back sooner without. */
const readConfig = async (...asked: Parameters<typeof readConfiguration>) =>
  (await import('../config/readConfig.ts')).readConfig(...asked)

endOnError()

// The control plane outlives the terminal that started it; from the first moment on.
process.on('SIGHUP', () => undefined)

const home = prepareHome(values.home ?? resolve('.cofferdam'))
const lock = lockHome(home.path)
const store = openSqliteStore(join(home.path, 'state.db'))
const [newest] = await store.events(Math.max(0, (await store.lastEventId()) - 1), 1)
const clock = createSteadyClock(systemClock, newest?.atMs ?? 0)
const metrics = createMetrics(store)
const builds = createBuilds(home.path)
const hasLifeline = process.env['COFFERDAM_LIFELINE'] === '1'
const runtime = await createProcessRuntime({
  home: home.path,
  // It compares with the times of files, which are the system's.
  clock: systemClock,
  builds,
  ...(hasLifeline ? { lifeline: reopenLifeline() } : {}),
})
const engine = createEngine({
  store,
  runtime,
  builds,
  traffic: createTraffic(home.path),
  tests: createTests({ builds, home: home.path }),
  clock,
  reservePort: freePort,
  report: reportError,
  measureLag: metrics.measureLag,
})
const api = createApi({
  engine: engine.api,
  readConfig,
  diff: createDiffBuilds(builds.path),
  token: createTokenReader(home),
  store,
  clock,
  address: { host: '127.0.0.1', port: Number(values.port ?? 0) },
  metrics: metrics.render,
  about: describeHome(home.path, values.demo === true),
  ui: builtUi,
  onBug: (error, requestId) => reportError(`request ${requestId}`, error),
})

const apiFile = join(home.path, 'api.json')
// Once for each run of a supervisor: one that is started again goes on with what was applied, not with what was edited since.
if (values.config !== undefined && (values.run === undefined || readRun(apiFile) !== values.run)) {
  const config = await readConfig(resolve(values.config), { certificates: false })
  if (!config.ok)
    throw new CofferdamError(
      'invalid-config',
      `${values.config}: ${config.problems.map((one) => `${one.path}: ${one.text}`).join('; ')}`,
    )
  await engine.api.apply(config.organisation, 'engine')
}
await engine.start()
const { url } = await api.listen()
writeFileWhole(apiFile, JSON.stringify({ api: url, pid: process.pid, ...(values.run ? { run: values.run } : {}) }))
const { user, system } = process.cpuUsage()
log('started', {
  api: url,
  pid: process.pid,
  ms: Math.round(performance.now()),
  processorMs: Math.round((user + system) / 1_000),
})

let stopping = false
async function stop(why: string): Promise<void> {
  if (stopping) return
  stopping = true
  log('stopping', { why })
  // Whatever hangs here must not keep the process: state is saved before each effect.
  setTimeout(() => process.exit(0), 4_000).unref()
  await api.close()
  await engine.stop()
  runtime.close()
  await store.close()
  lock.release()
  process.exit(0)
}

process.on('SIGTERM', () => void stop('SIGTERM'))
process.on('SIGINT', () => void stop('SIGINT'))
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
if (hasLifeline) watchLifeline(() => process.exit(0))
