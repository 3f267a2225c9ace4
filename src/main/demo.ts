import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { readConfig } from '../config/readConfig.ts'
import type { Organisation } from '../domain/catalog/organisation.ts'
import type { StatusDocument } from '../engine/api.ts'
import { prepareHome } from '../store/home.ts'
import { claimHome } from './claimHome.ts'
import { layOver, readDemoPlan, type DemoPlan } from './demoPlan.ts'
import { endInstances } from './endInstances.ts'
import { invalidConfig } from './invalidConfig.ts'
import { createKeptFile, type KeptFile } from './keptFile.ts'
import { createLifeline } from './lifeline.ts'
import { waitForCleanRequests, waitForHosts } from './readyWait.ts'
import { startSupervisor, type Supervisor } from './supervisor.ts'
import type { Child } from './supervise.ts'
import { writeFileWhole } from './writeFileWhole.ts'

export interface DemoOptions {
  readonly home: string
  /** Visits a second; 0: none. */
  readonly rate: number
  readonly port: number | 'auto'
  readonly readyFile?: string
  /** Processes of the gateway that serve its doors. */
  readonly workers: number
  /** For scripts: given the ready document once; nothing else is printed to stdout. */
  readonly printJson?: (ready: unknown) => void
}

/** Runs the example in the foreground until SIGINT or SIGTERM; everything it started ends with it. Returns the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const home = prepareHome(resolve(options.home))
  const plan = readDemoPlan()
  const config = await readConfig(plan.config)
  if (!config.ok) throw invalidConfig(plan.config, config.problems)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
  const lock = await claimHome(home.path, false)
  // What a demo that was killed left behind; nothing of this home may run twice.
  await endInstances(home.path)
  const lifeline = createLifeline(home.path)
  let ready: KeptFile | undefined
  const supervisor = await startSupervisor({
    home: home.path,
    config: plan.config,
    port: options.port,
    workers: options.workers,
    isDemo: true,
    lifeline,
    secrets: randomSecrets(config.organisation),
    changed: () => ready?.write(),
  })
  try {
    await runUntilStopped(options, {
      home: home.path,
      token: home.token,
      plan,
      organisation: config.organisation,
      supervisor,
      signal: stop.signal,
      onReady: (file) => (ready = file),
    })
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    ready?.stop()
    ready = undefined
    say(options, '\nstopping …\n')
    await supervisor.end()
    lifeline.cut()
    lock.release()
    if (options.readyFile !== undefined) rmSync(options.readyFile, { force: true })
  }
  return 0
}

interface Running {
  readonly home: string
  readonly token: string
  readonly plan: DemoPlan
  readonly organisation: Organisation
  readonly supervisor: Supervisor
  readonly signal: AbortSignal
  readonly onReady: (file: KeptFile) => void
}

async function runUntilStopped(options: DemoOptions, running: Running): Promise<void> {
  const { supervisor, signal, organisation } = running
  const startedAt = performance.now()
  say(
    options,
    `starting ${organisation.services.length} services in ${organisation.environments.map((one) => one.name).join(' and ')} …\n`,
  )
  const status = await waitForHosts({
    api: supervisor.api,
    signal,
    needs: [supervisor.controlPlane, supervisor.gateway],
    say: (text) => process.stderr.write(`${text}\n`),
  })
  const front = frontOf(status, productionOf(organisation))
  const load =
    options.rate > 0
      ? supervisor.startLoad(['--front', front, '--rate', String(options.rate), '--plan', running.plan.planFile])
      : undefined
  const paths = organisation.services.flatMap((service) => service.routes.map((route) => route.path))
  await waitForCleanRequests({
    api: supervisor.api,
    metrics: supervisor.metrics,
    hasLoad: load !== undefined,
    paths,
    front: () => front,
    signal,
  })
  if (options.readyFile !== undefined) {
    const file = resolve(options.readyFile)
    const content = () => `${JSON.stringify(readyDocument(running, status, load, options.rate), null, 1)}\n`
    writeFileWhole(file, content())
    running.onReady(createKeptFile({ path: file, content, say: (text) => process.stderr.write(`${text}\n`) }))
  }
  if (options.printJson) options.printJson(readyDocument(running, status, load, options.rate))
  else process.stdout.write(await formatReady(running, status, performance.now() - startedAt, options))
  await addBuilds(running)
  await new Promise<void>((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}

function productionOf(organisation: Organisation): string {
  return organisation.pipeline.stages.at(-1)?.environment ?? ''
}

function frontOf(status: StatusDocument, environment: string): string {
  return status.environments.find((one) => one.name === environment)?.front ?? ''
}

/** One document for scripts: what runs, where, and which processes. */
function readyDocument(running: Running, status: StatusDocument, load: Child | undefined, rate: number) {
  const { supervisor, home } = running
  return {
    schema: 'cofferdam.ready/1',
    home,
    pid: process.pid,
    api: supervisor.api,
    ui: `${supervisor.api}/`,
    tokenFile: `${home}/token`,
    controlPlane: { pid: supervisor.controlPlane.pid() ?? null },
    gateways: [{ id: 'g1', pid: supervisor.gateway.pid() ?? null, metrics: supervisor.metrics }],
    environments: Object.fromEntries(status.environments.map((one) => [one.name, { front: one.front }])),
    load: load ? { pid: load.pid() ?? null, rate } : null,
  }
}

/** A value for every secret that the example refers to and that is not set: random, for this run, never written down. */
function randomSecrets(organisation: Organisation): Readonly<Record<string, string>> {
  const secrets: Record<string, string> = {}
  for (const environment of organisation.environments) {
    for (const settings of Object.values(environment.settings)) {
      for (const value of Object.values(settings)) {
        if (value.kind === 'secret' && value.from === 'env' && process.env[value.name] === undefined)
          secrets[value.name] = randomBytes(24).toString('hex')
      }
    }
  }
  return secrets
}

/** The example's builds become builds of the home as any other would: over the API. */
async function addBuilds(running: Running): Promise<void> {
  const { supervisor, plan, organisation, home, token, signal } = running
  for (const build of plan.builds) {
    if (signal.aborted) return
    const from = organisation.services.find((one) => one.name === build.service)?.from
    if (from === undefined) continue
    const laid = layOver(home, from, build)
    try {
      const body = { service: build.service, from: laid.folder, name: build.name, about: build.about }
      const problem = await addBuild(supervisor.api, token, body, signal)
      if (problem !== undefined)
        process.stderr.write(`build ${build.name} of ${build.service} could not be added: ${problem}\n`)
    } finally {
      laid.remove()
    }
  }
}

const addEveryMs = 500
const addTimes = 120

/** Asked again while nobody answers: a control plane that dies now is started again. Returns why it is not added. */
async function addBuild(api: string, token: string, body: object, signal: AbortSignal): Promise<string | undefined> {
  let why = ''
  for (let times = 0; times < addTimes && !signal.aborted; times += 1) {
    try {
      const answer = await fetch(`${api}/api/v1/builds`, {
        method: 'POST',
        body: JSON.stringify(body),
        signal,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      })
      return answer.ok ? undefined : await answer.text()
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
      await new Promise<void>((done) => {
        setTimeout(done, addEveryMs)
      })
    }
  }
  return why
}

function say({ printJson }: DemoOptions, text: string): void {
  if (!printJson) process.stdout.write(text)
}

/** A one-time link for the browser, good for two minutes; undefined when there is none, then the UI only looks on. */
async function loginLink({ supervisor, token, signal }: Running): Promise<string | undefined> {
  try {
    const answer = await fetch(`${supervisor.api}/api/v1/session/codes`, {
      method: 'POST',
      body: '{}',
      signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    })
    return answer.ok ? ((await answer.json()) as { url: string }).url : undefined
  } catch {
    return undefined
  }
}

async function formatReady(
  running: Running,
  status: StatusDocument,
  ms: number,
  options: DemoOptions,
): Promise<string> {
  const { supervisor, plan, home } = running
  const hosts = status.environments
    .map((one) => `${one.services.reduce((total, service) => total + service.hosts.length, 0)} in ${one.name}`)
    .join(', ')
  const first = plan.builds[0]
  const bad = plan.builds.find((build) => build.name !== first?.name && build.service === first?.service)
  const at = resolve(options.home) === resolve('.cofferdam') ? '' : ` --home ${home}`
  const login = await loginLink(running)
  const lines = [
    `ready in ${(ms / 1000).toFixed(1)} s: ${hosts}${options.rate > 0 ? `; ${options.rate} visits a second` : ''}`,
    ...status.environments.map((one) => `  ${one.name.padEnd(12)} ${one.front}`),
    `  ${'UI'.padEnd(12)} ${login ?? `${supervisor.api}/`}`,
    `  ${'API'.padEnd(12)} ${supervisor.api}`,
    '',
    'In another terminal, try:',
    `  ./cofferdam status${at}`,
    ...(first ? [`  ./cofferdam deploy ${first.service} --build ${first.name} --wait${at}     # arrives`] : []),
    ...(bad ? [`  ./cofferdam build list ${bad.service}${at}     # the others have defects: watch one come home`] : []),
    ...(first ? [`  ./cofferdam rollback ${first.service}${at}`] : []),
    '',
    'Ctrl-C ends everything.',
  ]
  return `${lines.join('\n')}\n`
}
