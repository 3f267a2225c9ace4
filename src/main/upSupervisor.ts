import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { waitForHosts } from './readyWait.ts'
import { startSupervisor } from './supervisor.ts'
import { isOurs, readSupervisorFile } from './up.ts'
import { writeFileWhole } from './writeFileWhole.ts'

enableCompileCache()

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    config: { type: 'string' },
    port: { type: 'string' },
    'ready-file': { type: 'string' },
  },
})
const { home = '', config = '', 'ready-file': readyFile = '' } = values

/** What the last supervisor left running is adopted, whatever ended it. */
function findLeft(): { controlPlane?: number; gateway?: number; port?: number } {
  const file = readSupervisorFile(home)
  if (!file) return {}
  const controlPlane =
    file.controlPlane !== undefined && isOurs(file.controlPlane, home) ? { controlPlane: file.controlPlane } : {}
  const gateway = file.gateway !== undefined && isOurs(file.gateway, home) ? { gateway: file.gateway } : {}
  // The API keeps its address also when its process has to be started anew.
  return { ...controlPlane, ...gateway, port: file.port }
}

let write: () => void = () => undefined
const supervisor = await startSupervisor({
  home,
  config,
  port: values.port === 'auto' ? 'auto' : Number(values.port),
  secrets: {},
  adopt: findLeft(),
  changed: () => write(),
})
const port = Number(new URL(supervisor.api).port)
write = () => {
  const children = { controlPlane: supervisor.controlPlane.pid(), gateway: supervisor.gateway.pid() }
  writeFileWhole(join(home, 'supervisor.json'), JSON.stringify({ pid: process.pid, port, ...children }))
}
write()

const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
process.on('SIGHUP', () => undefined)

const status = await waitForHosts(supervisor.api, stop.signal)
const writeReady = () => {
  const document = {
    schema: 'cofferdam.ready/1',
    home,
    pid: process.pid,
    api: supervisor.api,
    ui: null,
    tokenFile: join(home, 'token'),
    controlPlane: { pid: supervisor.controlPlane.pid() ?? null },
    gateways: [{ id: 'g1', pid: supervisor.gateway.pid() ?? null, metrics: supervisor.metrics }],
    environments: Object.fromEntries(status.environments.map((one) => [one.name, { front: one.front }])),
    load: null,
  }
  writeFileWhole(readyFile, `${JSON.stringify(document, null, 1)}\n`)
}
writeReady()
const writeFile = write
write = () => {
  writeFile()
  writeReady()
}

// Its children are let go, so that nothing else would keep this process, and nobody would start a dead one again.
setInterval(() => undefined, 60_000)
await new Promise<void>((done) => stop.signal.addEventListener('abort', () => done(), { once: true }))
// `down` ends the others: production outlives this process.
process.exit(0)
