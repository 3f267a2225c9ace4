import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepareHome } from '../store/home.ts'
import { applyConfiguration } from './applyConfiguration.ts'
import { claimHome } from './claimHome.ts'
import { endOnError } from './endOnError.ts'
import { findOurs } from './findOurs.ts'
import { createKeptFile, type KeptFile } from './keptFile.ts'
import { waitForHosts } from './readyWait.ts'
import { startSupervisor } from './supervisor.ts'
import { readSupervisorFile } from './up.ts'

enableCompileCache()

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    config: { type: 'string' },
    port: { type: 'string' },
    'ready-file': { type: 'string' },
    workers: { type: 'string' },
  },
})
const { home = '', config = '', 'ready-file': readyFile = '' } = values

/** What the last supervisor left running is adopted, whatever ended it. */
function findLeft(): { controlPlane?: number; gateway?: number; port?: number } {
  const file = readSupervisorFile(home)
  const [controlPlane] = findOurs(home, 'controlPlane.ts')
  const [gateway] = findOurs(home, 'gateway.ts')
  return {
    ...(controlPlane === undefined ? {} : { controlPlane }),
    ...(gateway === undefined ? {} : { gateway }),
    // The API keeps its address also when its process has to be started anew.
    ...(file ? { port: file.port } : {}),
  }
}

const say = (text: string) => void process.stdout.write(`${text}\n`)
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
let files: readonly KeptFile[] = []
const write = () => {
  for (const file of files) file.write()
}
endOnError()
const lock = await claimHome(home, true)
const left = findLeft()
const supervisor = await startSupervisor({
  home,
  config,
  port: values.port === 'auto' ? 'auto' : Number(values.port),
  workers: Number(values.workers ?? '1'),
  secrets: {},
  adopt: left,
  changed: () => write(),
})
const port = Number(new URL(supervisor.api).port)
const describeChildren = () => {
  const children = { controlPlane: supervisor.controlPlane.pid(), gateway: supervisor.gateway.pid() }
  return JSON.stringify({ pid: process.pid, port, ...children })
}
const own = createKeptFile({ path: join(home, 'supervisor.json'), content: describeChildren, say })
files = [own]
write()

process.on('SIGTERM', () => {
  // `down` ends the others: production outlives this process. At once, or it starts again what `down` ends.
  lock.release()
  process.exit(0)
})
process.on('SIGHUP', () => undefined)

if (left.controlPlane !== undefined) await applyConfiguration(supervisor.api, prepareHome(home).token, config)
const status = await waitForHosts({
  api: supervisor.api,
  signal: new AbortController().signal,
  needs: [supervisor.controlPlane, supervisor.gateway],
  say,
}).catch(async (error: unknown) => {
  // Nothing half started; what ran before this process serves people and stays.
  if (left.controlPlane === undefined) await supervisor.controlPlane.stop(4_000)
  if (left.gateway === undefined) await supervisor.gateway.stop(3_500)
  throw error
})
const describeReady = () => {
  const document = {
    schema: 'cofferdam.ready/1',
    home,
    pid: process.pid,
    api: supervisor.api,
    ui: `${supervisor.api}/`,
    tokenFile: join(home, 'token'),
    controlPlane: { pid: supervisor.controlPlane.pid() ?? null },
    gateways: [{ id: 'g1', pid: supervisor.gateway.pid() ?? null, metrics: supervisor.metrics }],
    environments: Object.fromEntries(status.environments.map((one) => [one.name, { front: one.front }])),
    load: null,
  }
  return `${JSON.stringify(document, null, 1)}\n`
}
files = [own, createKeptFile({ path: readyFile, content: describeReady, say })]
write()
