import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Api, openApi } from './api.ts'
import { plainEnvironment, runCli, type CliResult } from './cli.ts'
import type { ReadyFile } from './documents.ts'
import { describeProcess, findByHome, isAlive, kill } from './processes.ts'
import { tryFor, waitFor } from './waitFor.ts'

export interface DemoOptions {
  readonly clone: string
  /** A folder of its own for home, ready file and output; short, because sockets live in it. */
  readonly folder: string
  /** Another place for the home. */
  readonly home?: string
  readonly rate: number
  readonly withinMs?: number
}

export interface Demo {
  readonly clone: string
  readonly home: string
  readonly readyFile: string
  readonly logFile: string
  readonly pid: number
  readonly startedAtMs: number
  readonly readyAtMs: number
  /** The ready file as it is now. */
  readonly ready: () => ReadyFile
  readonly front: (environment?: string) => string
  readonly api: () => Api
  readonly cli: (args: readonly string[], withinMs?: number) => Promise<CliResult>
  readonly exitCode: () => number | null
  /** Sends the signal to the demo's process group, as a terminal does, and waits for the end. */
  readonly end: (signal: NodeJS.Signals, withinMs: number) => Promise<boolean>
  /** Ends it in whatever way works; returns what had to be killed by hand. */
  readonly sweep: () => Promise<readonly string[]>
}

/** Starts `./cofferdam demo` and waits for its ready file. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { clone, folder } = options
  const home = options.home ?? join(folder, 'h')
  const [readyFile, logFile] = [join(folder, 'ready.json'), join(folder, 'demo.log')]
  const startedAtMs = Date.now()
  const log = openSync(logFile, 'a')
  const args = ['demo', '--home', home, '--ready-file', readyFile, '--no-open', '--rate', String(options.rate)]
  const child = spawn(join(clone, 'cofferdam'), args, {
    cwd: clone,
    env: plainEnvironment(),
    detached: true,
    stdio: ['ignore', log, log],
  })
  const pid = child.pid ?? 0
  try {
    await waitFor(
      `the ready file of ${home}`,
      () => (child.exitCode !== null || existsSync(readyFile) ? true : undefined),
      { withinMs: options.withinMs ?? 90_000, everyMs: 20 },
    )
    if (!existsSync(readyFile)) throw new Error(`the demo ended with ${child.exitCode}`)
  } catch (error) {
    const said = readFileSync(logFile, 'utf8').slice(-1_500)
    await sweepHome(child, home)
    throw new Error(`${error instanceof Error ? error.message : String(error)}; the demo said: ${said}`, {
      cause: error,
    })
  }
  const ready = (): ReadyFile => JSON.parse(readFileSync(readyFile, 'utf8')) as ReadyFile
  return {
    clone,
    home,
    readyFile,
    logFile,
    pid,
    startedAtMs,
    readyAtMs: statSync(readyFile).mtimeMs,
    ready,
    front: (environment = 'production') => ready().environments[environment]?.front ?? '',
    api: () => openApi(ready().api, ready().tokenFile),
    cli: (command, withinMs) => runCli({ clone, home }, command, withinMs),
    exitCode: () => child.exitCode,
    end: (signal, withinMs) => {
      kill(-pid, signal)
      return waitForEnd(child, withinMs)
    },
    sweep: () => sweepHome(child, home),
  }
}

/** Waits until the demo has added the builds of the example. */
export async function waitForBuild(demo: Demo, service: string, name: string): Promise<void> {
  await waitFor(
    `build ${name} of ${service}`,
    async () => {
      const { builds } = (await demo.api().get('/builds')).body as {
        readonly builds: readonly { readonly name: string; readonly service: string }[]
      }
      return builds.some((build) => build.service === service && build.name === name) ? true : undefined
    },
    { withinMs: 60_000, everyMs: 250 },
  )
}

/** Until `plan` says that the traffic is enough to judge; how long that took after the ready file, in ms. */
export async function waitForTraffic(demo: Demo): Promise<number> {
  await waitForBuild(demo, 'blog', 'good')
  await waitFor(
    'a plan that can tell',
    async () => {
      const plan = await demo.cli(['plan', 'blog', '--build', 'good'], 30_000)
      return (plan.json as { readonly canTell?: boolean } | undefined)?.canTell === true ? true : undefined
    },
    { withinMs: 90_000, everyMs: 1_000 },
  )
  return Date.now() - demo.readyAtMs
}

async function waitForEnd(child: ChildProcess, withinMs: number): Promise<boolean> {
  return (
    (
      await tryFor(() => (child.exitCode !== null || child.signalCode !== null ? true : undefined), {
        withinMs,
        everyMs: 20,
      })
    ).value ?? false
  )
}

async function sweepHome(child: ChildProcess, home: string): Promise<readonly string[]> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    kill(child.pid, 'SIGTERM')
    await waitForEnd(child, 12_000)
    kill(child.pid, 'SIGKILL')
  }
  await tryFor(() => (findByHome(home).length === 0 ? true : undefined), { withinMs: 6_000 })
  const left = findByHome(home).map(describeProcess)
  // A stopped process takes KILL; nothing else of the machine has this home's path.
  for (let round = 0; round < 20 && findByHome(home).some(isAlive); round += 1) {
    for (const pid of findByHome(home)) kill(pid, 'SIGKILL')
    await tryFor(() => (findByHome(home).length === 0 ? true : undefined), { withinMs: 200 })
  }
  return left
}
