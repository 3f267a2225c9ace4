import { appendFile, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { InstanceSeen, InstanceSpec } from '../../domain/catalog/instance.ts'
import type { Runtime } from '../../engine/ports.ts'
import { runtimeContract } from '../contract.ts'
import type { ContractBehaviour } from '../contract.ts'
import { identify, isAlive } from './processIdentity.ts'
import { createHome, echoService, until } from './underTest.ts'
import type { HomeUnderTest } from './underTest.ts'

const programs: Readonly<Record<ContractBehaviour, string>> = {
  serves: echoService,
  'exits-at-once': 'console.log("no good"); process.exit(7)',
  'never-ready': 'setInterval(() => undefined, 1000)',
  'command-missing': '',
  'store-fails': echoService,
  stubborn: `${echoService}; process.on('SIGTERM', () => undefined)`,
}

const main = { name: 'main', kind: 'sqlite', access: 'write' } as const

runtimeContract('process', async () => {
  const home = await createHome()
  const runtime = await home.start()
  return {
    runtime,
    restart: async () => {
      runtime.close()
      return home.start()
    },
    specFor: async (behaviour) =>
      home.spec(
        { 'main.mjs': programs[behaviour] },
        {
          ...(behaviour === 'command-missing' ? { command: ['no-such-program', 'x'] } : {}),
          ...(behaviour === 'store-fails' ? { data: [{ ...main, migrate: ['node', '-e', 'process.exit(9)'] }] } : {}),
        },
      ),
    kill: (seen) => process.kill(pidOf(seen), 'SIGKILL'),
    runs: (seen) => isAlive(identify(pidOf(seen))),
    until,
    close: home.close,
  }
})

function pidOf(seen: InstanceSeen): number {
  if (seen.pid === undefined) throw new Error('the instance has no pid')
  return seen.pid
}

let home: HomeUnderTest
beforeEach(async () => {
  home = await createHome()
})
afterEach(() => home.close())

function seenOf(runtime: Runtime, id = 'production-cart-1-r1'): InstanceSeen {
  const seen = runtime.list().find((one) => one.spec.id === id)
  if (seen === undefined) throw new Error(`the runtime does not list ${id}`)
  return seen
}

async function ready(runtime: Runtime, spec: InstanceSpec): Promise<InstanceSeen> {
  await runtime.ensure(spec)
  await until(`${spec.id} ready`, () => seenOf(runtime, spec.id).phase === 'ready')
  return seenOf(runtime, spec.id)
}

async function echo(seen: InstanceSeen): Promise<{ env: Record<string, string>; cwd: string; pid: number }> {
  return (await (await fetch(`http://127.0.0.1:${seen.port}/`)).json()) as {
    env: Record<string, string>
    cwd: string
    pid: number
  }
}

test('an instance gets its variables and nothing else, and runs in its snapshot', async () => {
  await writeFile(join(home.home, 'secret'), 'from a file\n')
  const runtime = await home.start({
    env: { ...process.env, LANG: 'C', SPAM_KEY: 'from the environment', OTHER: 'not for it' },
  })
  const spec = await home.spec(
    { 'main.mjs': echoService },
    {
      settings: {
        PLAIN: { kind: 'value', value: 'as it is' },
        KEY_A: { kind: 'secret', from: 'env', name: 'SPAM_KEY' },
        KEY_B: { kind: 'secret', from: 'file', name: join(home.home, 'secret') },
      },
      data: [main, { ...main, name: 'search-index' }, { ...main, name: 'closed', access: 'none' }],
      backDoorPort: 4567,
    },
  )
  const seen = await ready(runtime, spec)
  const { env, cwd, pid } = await echo(seen)
  const data = join(home.home, 'data/production/cart')
  const { PATH, TZ, ...rest } = env
  expect(PATH?.startsWith(`${process.execPath.replace(/\/node$/, '')}:`)).toBe(true)
  expect(TZ).toBe(process.env['TZ'])
  expect(rest).toEqual({
    LANG: 'C',
    HOST: '127.0.0.1',
    PORT: String(seen.port),
    COFFERDAM_BACK_DOOR: 'http://127.0.0.1:4567',
    COFFERDAM_SERVICE: 'cart',
    COFFERDAM_ENVIRONMENT: 'production',
    COFFERDAM_BUILD: 'good',
    COFFERDAM_HOST: '1',
    COFFERDAM_INSTANCE: join(home.home, 'instances', spec.id),
    DATABASE_URL: `sqlite:${data}/main.db`,
    DATABASE_SEARCH_INDEX_URL: `sqlite:${data}/search-index.db`,
    PLAIN: 'as it is',
    KEY_A: 'from the environment',
    KEY_B: 'from a file',
  })
  expect(cwd).toBe(home.builds.path(spec.build.digest))
  expect(pid).toBe(seen.pid)
})

test('a secret is nowhere in the home but where it came from; a plain setting is', async () => {
  const runtime = await home.start({ env: { ...process.env, KEY: 'hunter-2-hunter-2' } })
  const program = 'console.error("my key is", process.env.KEY); process.exit(3)'
  const settings = {
    KEY: { kind: 'secret', from: 'env', name: 'KEY' },
    PLAIN: { kind: 'value', value: 'decoy-decoy' },
  } as const
  const spec = await home.spec({ 'main.mjs': program }, { settings })
  await runtime.ensure(spec)
  await until('failed', () => seenOf(runtime).phase === 'failed')
  const { failure } = seenOf(runtime)
  expect(failure?.text).toContain('my key is [secret KEY]')
  const written = await readFile(join(home.home, 'instances', spec.id, 'spec.json'), 'utf8')
  expect(written).toContain('decoy-decoy')
  expect(written).not.toContain('hunter-2')
})

test('a secret that is missing keeps it from starting, by name', async () => {
  const runtime = await home.start({ env: {} })
  await runtime.ensure(
    await home.spec(
      { 'main.mjs': echoService },
      { settings: { KEY: { kind: 'secret', from: 'env', name: 'NOT_SET' } } },
    ),
  )
  await until('failed', () => seenOf(runtime).phase === 'failed')
  expect(seenOf(runtime).failure).toMatchObject({
    cause: 'cannot-start',
    text: expect.stringContaining('env:NOT_SET') as string,
  })
})

test('one that listens on another port is not ready, and the text says where it was looked for, where it listens and what it wrote', async () => {
  const runtime = await home.start()
  const program = `console.log('a word of its own')\n${echoService.replace('Number(process.env.PORT)', '0')}`
  await runtime.ensure(await home.spec({ 'main.mjs': program }, { ready: { path: '/up', withinMs: 800 } }))
  await until('failed', () => seenOf(runtime).phase === 'failed')
  const { failure, port } = seenOf(runtime)
  expect(failure?.cause).toBe('not-ready')
  expect(failure?.text).toContain(`http://127.0.0.1:${port}/up within 0.8 s: nothing listens there`)
  expect(failure?.text).toMatch(/it listens on port \d+ instead/)
  expect(failure?.text).toContain('its last lines: a word of its own')
})

test('a command that the system cannot find after all is a crash loop that names it', async () => {
  const runtime = await home.start()
  await runtime.ensure(
    await home.spec({ 'run.sh': '#!/no/such/interpreter\n' }, { command: ['/bin/sh', '-c', 'exec missing-tool'] }),
  )
  await until('failed', () => seenOf(runtime).phase === 'failed')
  expect(seenOf(runtime).failure?.text).toMatch(/code 127 \(the command was not found.*missing-tool/s)
})

test('garbage in the deployed folder and kill -9: the same bytes answer again within 5 s', async () => {
  const runtime = await home.start()
  const source = await home.folder({ 'main.mjs': echoService })
  const { digest } = await home.builds.snapshot(source, ['node', 'main.mjs'])
  const spec = { ...(await home.spec({ 'main.mjs': echoService })), build: { digest, name: 'good' } }
  const before = await ready(runtime, spec)
  await appendFile(join(source, 'main.mjs'), '\n}}} garbage')
  process.kill(pidOf(before), 'SIGKILL')
  const killedAtMs = performance.now()
  await until('a new pid', () => seenOf(runtime).phase === 'ready' && seenOf(runtime).pid !== before.pid)
  expect(performance.now() - killedAtMs).toBeLessThan(5_000)
  expect((await echo(seenOf(runtime))).cwd).toBe(home.builds.path(digest))
})

test('children in a session of their own end with the instance', async () => {
  const runtime = await home.start()
  const forks = `import { spawn } from 'node:child_process'
for (const detached of [true, false]) spawn('sleep', ['600'], { detached, stdio: 'ignore' }).unref()
${echoService.trim().split('\n').slice(1).join('\n')}`
  const spec = await home.spec({ 'main.mjs': `import { createServer } from 'node:http'\n${forks}` })
  await ready(runtime, spec)
  await until('two children, the service and its shim', async () => (await home.processes()).length === 4)
  await runtime.remove(spec.id)
  await until('gone', () => runtime.list().length === 0)
  expect(await home.processes()).toEqual([])
  expect(await readdir(join(home.home, 'instances'))).toEqual([])
  // What it wrote outlives it.
  expect(await runtime.logs(spec.id, { lines: 5 })).toEqual([expect.stringContaining('listening on')])
  expect(await readdir(join(home.home, 'logs', 'removed'))).toEqual([`${spec.id}.log`])
})

test('a process that died while nobody watched is started again, with its exit code', async () => {
  const first = await home.start()
  const before = await ready(
    first,
    await home.spec({ 'main.mjs': `${echoService}; process.on('SIGUSR2', () => process.exit(42))` }),
  )
  first.close()
  process.kill(pidOf(before), 'SIGUSR2')
  await until('the shim wrote the exit', async () => (await home.processes()).length === 0)
  const second = await home.start()
  await until('ready again', () => seenOf(second).phase === 'ready')
  expect(seenOf(second).exits.map((exit) => exit.code)).toEqual([42])
  expect(seenOf(second).port).toBe(before.port)
})

test('a start whose runtime died before it saw the pid is adopted, not doubled', async () => {
  const first = await home.start()
  const spec = await home.spec({ 'main.mjs': echoService })
  await first.ensure(spec)
  first.close()
  const second = await home.start()
  await until('ready', () => seenOf(second).phase === 'ready')
  await until('one shim and one service', async () => (await home.processes()).length === 2)
  await until('still ready', () => seenOf(second).phase === 'ready')
  expect(seenOf(second).exits).toEqual([])
})

test('a removal that was begun is finished by the next runtime', async () => {
  const first = await home.start()
  const spec = await home.spec(
    { 'main.mjs': `${echoService}; process.on('SIGTERM', () => undefined)` },
    { graceMs: 500 },
  )
  await ready(first, spec)
  await first.remove(spec.id)
  first.close()
  const second = await home.start()
  await until('gone', () => second.list().length === 0)
  expect(await home.processes()).toEqual([])
})

test('a pid that belongs to another process now is not adopted', async () => {
  const first = await home.start()
  const before = await ready(first, await home.spec({ 'main.mjs': echoService }))
  first.close()
  const other = spawn('sleep', ['600'])
  await writeFile(join(home.home, 'instances', before.spec.id, 'pid'), `${other.pid}\n`)
  const second = await home.start()
  await until('ready', () => seenOf(second).phase === 'ready')
  expect(seenOf(second).pid).not.toBe(other.pid)
  expect(other.exitCode).toBeNull()
  await second.remove(before.spec.id)
  await until('gone', () => second.list().length === 0)
  expect(isAlive(identify(other.pid ?? 0))).toBe(true)
  other.kill('SIGKILL')
})

test('a process of the home that belongs to no instance is ended at the start', async () => {
  const stray = spawn('sleep', ['600'], {
    env: { ...process.env, COFFERDAM_INSTANCE: join(home.home, 'instances', 'lost') },
  })
  const ended = new Promise((resolve) => stray.once('exit', (_code, signal) => resolve(signal)))
  await home.start()
  expect(await ended).toBe('SIGKILL')
})

test('with a lifeline everything dies when its last writer does; without, nothing dies with us', async () => {
  const runner = `
    import { createProcessRuntime } from ${JSON.stringify(new URL('processRuntime.ts', import.meta.url).href)}
    import { createBuilds } from ${JSON.stringify(new URL('snapshot.ts', import.meta.url).href)}
    import { machineClock } from ${JSON.stringify(new URL('underTest.ts', import.meta.url).href)}
    const [home, spec, lifeline] = process.argv.slice(1)
    const runtime = await createProcessRuntime({ home, clock: machineClock, builds: createBuilds(home), ...(lifeline ? { lifeline: 3 } : {}) })
    await runtime.ensure(JSON.parse(spec))
    setTimeout(() => process.exit(1), 15_000)
    const timer = setInterval(() => { if (runtime.list()[0].phase === 'ready') { console.log('ready'); clearInterval(timer) } }, 20)`
  const spec = await home.spec({ 'main.mjs': `${echoService}; process.on('SIGTERM', () => undefined)` })
  const startOne = async (id: string, lifeline: string) => {
    const args = ['--input-type=module', '-e', runner, home.home, JSON.stringify({ ...spec, id }), lifeline]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    })
    await new Promise<void>((resolve) =>
      child.stdout?.on('data', (data: Buffer) => data.includes('ready') && resolve()),
    )
    return child
  }
  const kill = (child: ChildProcess) => {
    child.kill('SIGKILL')
    child.stdio[3]?.destroy()
  }
  kill(await startOne('a', ''))
  const withLifeline = await startOne('b', '3')
  await until('two shims, two services and a reader', async () => (await home.processes()).length === 5)
  kill(withLifeline)
  const atMs = performance.now()
  await until('only those without are left', async () => (await home.processes()).length === 2)
  expect(performance.now() - atMs).toBeLessThan(5_000)
})

test('memory is sampled and the log rotates without losing its writer', async () => {
  const runtime = await home.start()
  const program = `${echoService}; setTimeout(() => { for (let i = 0; i < 11; i++) console.log('x'.repeat(1024 * 1024)); setInterval(() => console.log('still here'), 100) }, 50)`
  const seen = await ready(runtime, await home.spec({ 'main.mjs': program }))
  await until('a sample', () => seenOf(runtime).memory.length > 0)
  expect(seenOf(runtime).memory[0]).toBeGreaterThan(10_000_000)
  const log = join(home.home, 'instances', seen.spec.id, 'log')
  await until(
    'rotated',
    async () => (await stat(`${log}.1`).catch(() => undefined)) !== undefined && (await stat(log)).size < 1024 * 1024,
  )
  await until('written on', async () => (await runtime.logs(seen.spec.id, { lines: 1 }))[0] === 'still here')
})
