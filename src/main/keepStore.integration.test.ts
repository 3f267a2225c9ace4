import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StatusDocument } from '../engine/api.ts'
import { cartSource, createUpHome, plantedSecret, type UpHome } from './upHome.fixture.ts'
import { isAlive } from './supervise.ts'

const longMs = 300_000
let up: UpHome
beforeEach(async () => {
  up = createUpHome()
  await up.up()
}, longMs)
afterEach(() => up.end(), longMs)

/** Asks the front door all the time, until stopped; everything that a user would have noticed is kept. */
function watchUsers(front: string): {
  readonly stop: () => Promise<{ asked: number; said: ReadonlySet<string>; failed: readonly string[] }>
} {
  const said = new Set<string>()
  const failed: string[] = []
  let asked = 0
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      asked += 1
      try {
        const answer = await fetch(`${front}/api/cart`, { signal: AbortSignal.timeout(20_000) })
        const text = await answer.text()
        if (answer.ok) said.add(text)
        else failed.push(`${answer.status} ${answer.headers.get('x-cofferdam-refused') ?? ''}`)
      } catch (error) {
        failed.push(String(error))
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await asking
      return { asked, said, failed }
    },
  }
}

async function status(): Promise<StatusDocument> {
  return JSON.parse((await up.run(['status', '--json'])).out) as StatusDocument
}

async function waitFor(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 120_000; performance.now() < deadline; ) {
    if (await holds().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`not within two minutes: ${what}`)
}

const generationOf = async (): Promise<number> => (await status()).gateways[0]?.generation ?? 0

test(
  'a store restored under a running production: users notice nothing, the build of the backup returns, the gateway goes on above its generation',
  async () => {
    const file = join(up.folder, 'backup.db')
    expect(JSON.parse((await up.run(['backup', file, '--json'])).out)).toMatchObject({ file })
    const front = (await status()).environments.find(({ name }) => name === 'production')?.front ?? ''

    const users = watchUsers(front)
    // Behind the back of the backup another build arrives.
    writeFileSync(join(up.service, 'main.mjs'), cartSource('two'))
    const deployed = await up.run([
      'deploy',
      'cart',
      '--emergency',
      '--reason',
      'r',
      '--incident',
      'i',
      '--wait',
      '--timeout',
      '2m',
    ])
    expect(deployed).toMatchObject({ exit: 0 })
    const ahead = await generationOf()
    const { gateway } = up.pids()

    const refused = await up.run(['restore', file])
    expect(refused).toMatchObject({ exit: 3 })
    expect(refused.err).toMatch(/home-locked: .*control plane with pid \d+/)
    expect(await up.run(['restore', file, '--stop'])).toMatchObject({ exit: 0 })
    await up.up()

    await waitFor('both hosts run the first build again', async () => {
      const cart = (await status()).environments.find(({ name }) => name === 'production')?.services[0]
      return cart?.stable === 'first' && cart.hosts.length === 2 && cart.hosts.every((host) => host.ready)
    })
    await waitFor('users are answered by it', async () => (await (await fetch(`${front}/api/cart`)).text()) === 'one')
    const { failed, said, asked } = await users.stop()
    expect(failed).toEqual([])
    expect(asked).toBeGreaterThan(20)
    expect([...said].toSorted()).toEqual(['one', 'two'])
    expect(up.pids().gateway).toBe(gateway)
    expect(await generationOf()).toBeGreaterThan(ahead)

    // It works on: the next promotion has a number that none had before.
    const emergency = ['--emergency', '--reason', 'r', '--incident', 'i']
    expect(JSON.parse((await up.run(['deploy', 'cart', ...emergency, '--json'])).out)).toMatchObject({ id: 'p-2' })
  },
  longMs,
)

test(
  'a control plane that dies is started again by the supervisor, long after `up` returned',
  async () => {
    const { pid, controlPlane, gateway } = up.pids()
    process.kill(controlPlane, 'SIGKILL')
    await waitFor(
      'another one answers',
      async () => up.pids().controlPlane !== controlPlane && (await status()) !== undefined,
    )
    expect(isAlive(pid)).toBe(true)
    expect(up.pids()).toMatchObject({ pid, gateway })
  },
  longMs,
)

test(
  'a damaged store is refused by name with what to do, production keeps running, and a restore mends it',
  async () => {
    const file = join(up.folder, 'backup.db')
    await up.run(['backup', file])
    const front = (await status()).environments.find(({ name }) => name === 'production')?.front ?? ''
    const users = watchUsers(front)
    const { pid, controlPlane, gateway } = up.pids()
    process.kill(pid, 'SIGKILL')
    process.kill(controlPlane, 'SIGKILL')
    await waitFor('the control plane is gone', async () => !isAlive(controlPlane))
    // Beside a whole write-ahead log SQLite would mend it.
    for (const end of ['-wal', '-shm']) rmSync(join(up.home, `state.db${end}`), { force: true })
    writeFileSync(join(up.home, 'state.db'), 'not a database, whatever it was')

    const log = () => readFileSync(join(up.home, 'logs', 'control-plane.log'), 'utf8')
    expect((await up.run(['up', '--timeout', '5s'])).exit).not.toBe(0)
    await waitFor('it says what is wrong', async () => log().includes('store-damaged'))
    expect(log()).toContain(`the store ${join(up.home, 'state.db')} is damaged`)
    expect(log()).toMatch(/Production keeps running\. `cofferdam doctor` .* `cofferdam restore FILE`/)
    const doctor = await up.run(['doctor'])
    expect(doctor.exit).toBe(1)
    expect(doctor.out).toMatch(/WRONG store .*state\.db: the store .* is damaged/)

    expect(await up.run(['restore', file, '--stop'])).toMatchObject({ exit: 0 })
    await up.up()
    await waitFor('all is well', async () => (await up.run(['status'])).exit === 0)
    const { failed, asked } = await users.stop()
    expect(failed).toEqual([])
    expect(asked).toBeGreaterThan(20)
    expect(up.pids().gateway).toBe(gateway)
  },
  longMs,
)

test(
  'a secret is in no log, event, answer, file or command line; only in the environment of whom it was given to',
  async () => {
    const { token } = up
    const found: string[] = []
    const look = (where: string, text: string): void => {
      if (text.includes(plantedSecret) || text.includes(token())) found.push(where)
    }
    for (const path of [
      'status',
      'events',
      'services/cart',
      'environments/production',
      'logs?service=cart',
      'builds',
      'holds',
    ])
      look(path, await (await fetch(`${up.api()}/api/v1/${path}`)).text())
    look('metrics', await (await fetch(`${up.api()}/metrics`)).text())
    look('ps', execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }))
    const files = execFileSync('grep', ['-rlaF', '-e', plantedSecret, '-e', token(), up.home], { encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(files).toEqual([join(up.home, 'token')])
    expect(found).toEqual([])
    // The twin: it did arrive where it belongs.
    const instance = (await status()).environments[0]?.services[0]?.hosts[0]?.pid ?? 0
    expect(readFileSync(`/proc/${instance}/environ`, 'utf8')).toContain(plantedSecret)
    expect(readFileSync(`/proc/${instance}/environ`, 'utf8')).not.toContain(token())
    // The gateway meets the whole world and has no use for it.
    const gateway = (await status()).gateways[0]?.pid ?? 0
    expect(readFileSync(`/proc/${gateway}/environ`, 'utf8')).toContain('PATH=')
    expect(readFileSync(`/proc/${gateway}/environ`, 'utf8')).not.toContain(plantedSecret)
  },
  longMs,
)

test(
  'a token that was rotated is in force at once, for the next client of the home, too',
  async () => {
    const before = up.token()
    const ran = await up.run(['token', 'rotate'])
    expect(ran).toMatchObject({ exit: 0 })
    expect(up.token()).not.toBe(before)
    expect(ran.out).not.toContain(up.token())
    const old = await up.run(['login'], { COFFERDAM_TOKEN: before })
    expect(old.exit).toBe(3)
    expect(old.err).toMatch(/unauthorized: the token is not the one of this home\n.*after `cofferdam token rotate`/)
    expect(await up.run(['login'])).toMatchObject({ exit: 0 })
  },
  longMs,
)
