import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAlive } from './supervise.ts'

const cli = join(import.meta.dirname, '..', 'cli', 'main.ts')
let folder: string
let home: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-up-'))
  home = join(folder, 'home')
  mkdirSync(join(folder, 'web'))
  const program = `import http from 'node:http'
if (process.argv[2]) throw new Error('cannot open the wine')
http.createServer((_, answer) => answer.end('ok')).listen(Number(process.env.PORT), process.env.HOST)\n`
  writeFileSync(join(folder, 'web', 'main.mjs'), program)
})
afterEach(async () => {
  await run('down')
  expect(commandsNaming(home)).toEqual([])
  rmSync(folder, { recursive: true, force: true })
})

function commandsNaming(path: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return command.includes(path) ? [command] : []
      } catch {
        // It ended meanwhile.
        return []
      }
    })
}

function configure(changes: { readonly front?: string; readonly run?: string; readonly hosts?: number } = {}): string {
  const path = join(folder, 'cofferdam.yaml')
  const text = `cofferdam: 1
environments:
  production: { hosts: ${changes.hosts ?? 1}, front: { port: ${changes.front ?? 'auto'} } }
  staging: { hosts: 1, front: { port: auto } }
pipeline:
  stages:
    - { name: staging, environment: staging }
    - { name: canary, environment: production, shares: [5%, 10%] }
    - { name: production, environment: production, batch: 100% }
services:
  web: { from: web, owner: me, routes: [/web], run: ${changes.run ?? 'node main.mjs'} }
`
  writeFileSync(path, text)
  return path
}

async function run(...args: readonly string[]): Promise<{ exit: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [cli, ...args, '--home', home, '--json'])
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  await once(child, 'close')
  return { exit: child.exitCode, out, err }
}

async function until<T>(read: () => T | undefined): Promise<T> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; ) {
    const found = read()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('waited 20 s in vain')
}

interface Ready {
  readonly pid: number
  readonly controlPlane: { readonly pid: number | null }
}

test('the supervisor of `up` stays: it starts a dead control plane again, keeps the home, and `down` ends it', {
  timeout: 60_000,
}, async () => {
  const config = configure()
  const up = await run('up', config)
  expect(up).toMatchObject({ exit: 0, err: '' })
  const ready = JSON.parse(up.out) as Ready
  const old = ready.controlPlane.pid ?? 0
  process.kill(old, 'SIGKILL')
  await until(() => {
    const now = (JSON.parse(readFileSync(join(home, 'ready.json'), 'utf8')) as Ready).controlPlane.pid
    return now !== null && now !== old && isAlive(now) ? now : undefined
  })
  expect(isAlive(ready.pid)).toBe(true)
  for (const command of [
    ['up', config],
    ['demo', '--rate', '0'],
  ]) {
    const second = await run(...command)
    expect(second.exit).toBe(3)
    expect(JSON.parse(second.out)).toMatchObject({ code: 'home-locked', supervisor: ready.pid })
  }
  const down = await run('down')
  expect(JSON.parse(down.out)).toMatchObject({ home, processes: 3 })
  expect(isAlive(ready.pid)).toBe(false)
})

test('`up` over what a dead supervisor left applies the file as it is now, and waits for what is new in it', {
  timeout: 60_000,
}, async () => {
  const hosts = async (): Promise<readonly boolean[]> => {
    const status = JSON.parse((await run('status')).out) as {
      environments: { name: string; services: { hosts: { ready: boolean }[] }[] }[]
    }
    const production = status.environments.find((one) => one.name === 'production')
    return production?.services[0]?.hosts.map((one) => one.ready) ?? []
  }
  const ready = JSON.parse((await run('up', configure())).out) as Ready
  expect(await hosts()).toEqual([true])
  process.kill(ready.pid, 'SIGKILL')
  await until(() => (isAlive(ready.pid) ? undefined : true))
  expect(await run('up', configure({ hosts: 2 }))).toMatchObject({ exit: 0, err: '' })
  expect(await hosts()).toEqual([true, true])
})

test('a control plane that cannot start is said with its own words and exit code, and nothing is left', {
  timeout: 60_000,
}, async () => {
  const holder = createServer()
  await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done))
  const { port } = holder.address() as AddressInfo
  const up = await run('up', configure({ front: String(port) }))
  holder.close()
  expect(up.exit).toBe(3)
  expect(JSON.parse(up.out)).toMatchObject({
    code: 'port-taken',
    detail: expect.stringMatching(new RegExp(`port ${port} .*pid ${process.pid} listens there`)),
  })
  expect(JSON.parse((await run('down')).out)).toMatchObject({ processes: 0, instances: 0 })
})

test('a service that crashes at start is said while it is waited for, and again when the time is over', {
  timeout: 60_000,
}, async () => {
  const up = await run('up', configure({ run: 'node main.mjs --then-crash' }), '--timeout', '12s')
  expect(up.exit).toBe(5)
  expect(JSON.parse(up.out)).toMatchObject({ ready: false, waitingFor: expect.arrayContaining([expect.any(String)]) })
  expect(up.err).toContain('ended 3 times')
  expect(up.err).toContain('cannot open the wine')
  expect(up.err).toContain('cofferdam logs web --environment')
  expect(up.err).toContain('not ready after 12 s')
})
