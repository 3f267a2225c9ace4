import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { InstanceSpec } from '../../domain/catalog/instance.ts'
import type { Builds, Clock } from '../../engine/ports.ts'
import { killByCookie, findByCookie } from './processIdentity.ts'
import { createProcessRuntime } from './processRuntime.ts'
import type { ProcessRuntime, ProcessRuntimeOptions } from './processRuntime.ts'
import { createBuilds } from './snapshot.ts'

/** The machine's clock; timers do not keep a test alive. */
export const machineClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}

/** A home of its own for one test, with what real processes need. */
export interface HomeUnderTest {
  readonly home: string
  readonly builds: Builds
  /** Writes files into a new folder and returns its path. */
  readonly folder: (files: Readonly<Record<string, string>>) => Promise<string>
  /** A runtime on this home; closed with the home. */
  readonly start: (more?: Partial<ProcessRuntimeOptions>) => Promise<ProcessRuntime>
  /** A spec whose build is a snapshot of these files. */
  readonly spec: (files: Readonly<Record<string, string>>, more?: Partial<InstanceSpec>) => Promise<InstanceSpec>
  /** Pids that carry this home's cookie. */
  readonly processes: () => Promise<readonly number[]>
  readonly close: () => Promise<void>
}

/** Makes an empty home under the system's temporary folder. */
export async function createHome(): Promise<HomeUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'cofferdam-runtime-'))
  const home = join(root, 'home')
  await mkdir(home)
  const builds = createBuilds(home)
  const runtimes: ProcessRuntime[] = []
  let folders = 0
  const folder = async (files: Readonly<Record<string, string>>) => {
    const path = join(root, `source-${(folders += 1)}`)
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true })
      await writeFile(join(path, name), content)
    }
    return path
  }
  return {
    home,
    builds,
    folder,
    start: async (more = {}) => {
      const runtime = await createProcessRuntime({ home, clock: machineClock, builds, ...more })
      runtimes.push(runtime)
      return runtime
    },
    spec: async (files, more = {}) => {
      const command = more.command ?? ['node', 'main.mjs']
      const { digest } = await builds.snapshot(await folder(files), command)
      return { ...template, build: { digest, name: 'good' }, command, ...more }
    },
    processes: async () => [...(await findByCookie(`${home}/`)).keys()],
    close: async () => {
      for (const runtime of runtimes) runtime.close()
      for (const path of new Set((await findByCookie(`${home}/`)).values())) await killByCookie(path)
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const template: Omit<InstanceSpec, 'build' | 'command'> = {
  id: 'production-cart-1-r1',
  generation: 1,
  environment: 'production',
  service: 'cart',
  host: '1',
  ready: { path: '/healthz', withinMs: 10_000 },
  graceMs: 2_000,
  settings: {},
  data: [],
  backDoorPort: 1,
  crashes: { times: 3, withinMs: 60_000 },
}

/** Waits until it holds; throws after 15 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 15_000
  while (performance.now() < endMs) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`after 15 s still not: ${what}`)
}

/** A service that answers every request with its environment as JSON. */
export const echoService = `
import { createServer } from 'node:http'
console.log('listening on', process.env.PORT)
createServer((request, response) => response.end(JSON.stringify({ env: process.env, cwd: process.cwd(), pid: process.pid })))
  .listen(Number(process.env.PORT), process.env.HOST)
`
