import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDiffBuilds } from '../adapters/builds/diffBuilds.ts'
import { createTraffic } from '../adapters/gateway/traffic.ts'
import { readConfig } from '../config/readConfig.ts'
import { invariant } from '../domain/errors.ts'
import type { EngineApi } from '../engine/api.ts'
import { createEngine } from '../engine/createEngine.ts'
import { serveAdmin } from '../gateway/admin.ts'
import { Gateway } from '../gateway/gateway.ts'
import { defaultLimits } from '../gateway/limits.ts'
import { createApi } from '../http/createApi.ts'
import { createMemoryRuntime } from '../runtime/memory/memoryRuntime.ts'
import { createBuilds } from '../runtime/process/snapshot.ts'
import { openSqliteStore } from '../store/sqlite/openSqliteStore.ts'
import { createMetrics } from './controlPlaneMetrics.ts'
import { freePort } from './freePort.ts'
import { systemClock } from './systemClock.ts'

/** A whole control plane in this process: real API, engine, store, snapshots and gateway; only the instances are imagined. */
export interface ServedApi {
  readonly url: string
  readonly token: string
  /** Folders and files that a request may name: good ones and bad ones. */
  readonly paths: readonly string[]
  /** What nobody foresaw. */
  readonly bugs: readonly unknown[]
  readonly close: () => Promise<void>
}

const config = `cofferdam: 1
environments:
  production: { hosts: 1 }
  staging: { hosts: 1 }
pipeline:
  minimum: { share: 1s, batch: 1s, bake: 10m }
services:
  cart: { from: cart, owner: shop, routes: [/api/cart], run: node main.mjs }
`

/** @param spoil replaces answers of the engine, to plant a fault. */
export async function serveApi(spoil: Partial<EngineApi> = {}): Promise<ServedApi> {
  const folder = mkdtempSync(join(tmpdir(), 'cofferdam-api-'))
  const home = join(folder, 'h')
  const gatewayFolder = join(home, 'gateways', 'g1')
  const path = (name: string): string => join(folder, name)
  for (const name of ['cart', 'other', 'empty', 'leaving']) mkdirSync(path(name))
  mkdirSync(gatewayFolder, { recursive: true })
  writeFileSync(path('cart/main.mjs'), 'one')
  writeFileSync(path('other/main.mjs'), 'two')
  symlinkSync('/etc/passwd', path('leaving/link'))
  writeFileSync(path('cofferdam.yaml'), config)
  writeFileSync(path('bad.yaml'), 'cofferdam: 1\nservices: 5')

  const bugs: unknown[] = []
  const token = 'f'.repeat(64)
  const store = openSqliteStore(':memory:')
  const metrics = createMetrics(store)
  const builds = createBuilds(home)
  const gateway = new Gateway(gatewayFolder, 'g1', defaultLimits)
  const admin = await serveAdmin(join(gatewayFolder, 'admin.sock'), gateway, 0)
  await gateway.start()
  const engine = createEngine({
    store,
    runtime: createMemoryRuntime({ clock: systemClock, behave: () => ({ readyAfterMs: 5 }) }),
    builds,
    traffic: createTraffic(home),
    tests: { run: async ({ name, kind }) => ({ name, kind, passed: true, ms: 1, text: 'passed' }) },
    clock: systemClock,
    reservePort: freePort,
    report: () => undefined,
    measureLag: metrics.measureLag,
  })
  const api = createApi({
    engine: { ...engine.api, ...spoil },
    readConfig,
    diff: createDiffBuilds(builds.path),
    token: () => token,
    store,
    clock: systemClock,
    address: { host: '127.0.0.1', port: 0 },
    metrics: metrics.render,
    about: { version: '1.2.3', home: '/srv/home', options: ['--home', '/srv/home'], demo: false },
    onBug: (error) => bugs.push(error),
  })
  const read = await readConfig(path('cofferdam.yaml'))
  invariant(read.ok, 'the configuration of the fixture is valid')
  await engine.api.apply(read.organisation, 'engine')
  await engine.start()
  const { url } = await api.listen()
  return {
    url,
    token,
    paths: ['cart', 'other', 'empty', 'leaving', 'cofferdam.yaml', 'bad.yaml', 'nowhere'].map(path),
    bugs,
    close: async () => {
      await api.close()
      await engine.stop()
      admin.close()
      admin.closeAllConnections()
      await gateway.stop(100)
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
