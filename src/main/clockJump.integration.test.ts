import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTraffic } from '../adapters/gateway/traffic.ts'
import type { PromotionDocument, StatusDocument } from '../engine/api.ts'
import { endInstances } from './endInstances.ts'
import { cartSource } from './upHome.fixture.ts'

const longMs = 400_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const jumps = [
  ['an hour ahead', hourMs],
  ['an hour back', -hourMs],
  ['a day ahead', dayMs],
  ['a day back', -dayMs],
] as const

/** How a process gets a wall clock of its own, and how that is set while it runs. */
interface WallClock {
  readonly env: (folder: string) => Readonly<Record<string, string>>
  readonly set: (folder: string, offMs: number) => void
}

/** `Date` alone, which is what our own code reads; needs nothing installed. */
const shiftedDate: WallClock = {
  env: (folder) => ({
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'shiftDate.fixture.mjs')).href}`,
    SHIFT_DATE_FILE: join(folder, 'shift'),
  }),
  set: (folder, offMs) => writeFileSync(join(folder, 'shift'), String(offMs)),
}

const config = `cofferdam: 1
environments:
  production: { hosts: 1, front: { port: auto, servedBy: always } }
  staging: { hosts: 1 }
pipeline:
  stages:
    - { name: staging, environment: staging }
    - { name: canary, environment: production, shares: [5%] }
    - { name: production, environment: production, batch: 100% }
  # Ten minutes are less than any jump: a clock that is believed ends the step, or holds it at its deadline.
  minimum: { share: 10m, batch: 1s, bake: 1s }
  deadline: 20m
  watchedFor: 20s
analysis:
  # Little traffic is enough to tell what is looked for here: next to everything is tolerated.
  metrics:
    errors: { harmful: { times: 2, plus: 30pp } }
    latency-p50: { harmful: { times: 20 } }
    latency-p90: { harmful: { times: 20 } }
    latency-p99: { harmful: { times: 20 } }
services:
  cart: { from: cart, owner: shop, routes: [/api/cart], run: node main.mjs }
`

let folder: string
let home: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-clock-'))
  home = join(folder, 'h')
  mkdirSync(join(folder, 'cart'))
  writeFileSync(join(folder, 'cofferdam.yaml'), config)
  writeFileSync(join(folder, 'cart', 'main.mjs'), cartSource('one'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await endInstances(home)
  rmSync(folder, { recursive: true, force: true })
}, longMs)

function launch(
  clock: WallClock,
  args: readonly string[],
): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], HOME: folder, ...clock.env(folder) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return { child, said: () => said }
}

const entry = (name: string): string => join(import.meta.dirname, name)
const controlPlaneArgs = () => [
  entry('controlPlane.ts'),
  '--home',
  home,
  '--port',
  '0',
  '--config',
  join(folder, 'cofferdam.yaml'),
]

async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  withinMs = 120_000,
): Promise<T> {
  let why = ''
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; ) {
    const found = await Promise.resolve()
      .then(ask)
      .catch((error: unknown) => void (why = String(error)))
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`not within ${withinMs / 1_000} s: ${what} ${why}`)
}

async function call<T>(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<T> {
  const { api } = JSON.parse(readFileSync(join(home, 'api.json'), 'utf8')) as { readonly api: string }
  const token = readFileSync(join(home, 'token'), 'utf8').trim()
  const answer = await fetch(`${api}/api/v1${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    signal: AbortSignal.timeout(10_000),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  return JSON.parse(text) as T
}

const promotionOf = (id: string) => call<PromotionDocument>(`/promotions/${id}`)
const judgedMs = (promotion: PromotionDocument): number => promotion.rollout?.judged?.ms ?? 0

/** Asks the front door all the time. */
function startUsers(front: string) {
  const failed: string[] = []
  let isOver = false
  const askOn = async () => {
    while (!isOver) {
      try {
        const answer = await fetch(`${front}/api/cart`, { signal: AbortSignal.timeout(20_000) })
        await answer.arrayBuffer()
        if (!answer.ok) failed.push(`${answer.status} ${answer.headers.get('x-cofferdam-refused') ?? ''}`)
      } catch (error) {
        failed.push(String(error))
      }
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
  const asking = Promise.all([askOn(), askOn(), askOn()])
  return {
    stop: async () => {
      isOver = true
      await asking
      return failed
    },
  }
}

describe('a clock that jumps in real processes', () => {
  const clock = shiftedDate
  test(
    'neither takes a share home nor ends its step, keeps the order of events, and a share that nobody watches still goes home',
    async () => {
      clock.set(folder, 0)
      launch(clock, [entry('gateway.ts'), '--dir', join(home, 'gateways', 'g1'), '--id', 'g1'])
      const { child: controlPlane, said } = launch(clock, controlPlaneArgs())
      await waitFor('the control plane is up, or says why not', () =>
        said().includes('"started"') || controlPlane.exitCode !== null ? true : undefined,
      )
      expect(said()).toContain('"started"')
      const status = await waitFor('hosts are ready', async () => {
        const now = await call<StatusDocument>('/status')
        const hosts = now.environments.flatMap((one) => one.services.flatMap((service) => service.hosts))
        return hosts.length > 0 && hosts.every((host) => host.ready) ? now : undefined
      })
      const front = status.environments.find((one) => one.name === 'production')?.front ?? ''
      writeFileSync(join(folder, 'cart', 'main.mjs'), cartSource('two'))
      const build = await call<{ digest: string }>('/builds', {
        service: 'cart',
        from: join(folder, 'cart'),
        name: 'two',
      })
      const ask = () =>
        call<PromotionDocument>('/promotions', { service: 'cart', build: build.digest }, { 'idempotency-key': 'once' })
      const users = startUsers(front)
      // Refused until there is traffic enough.
      const { id } = await waitFor('a deploy is begun', ask)
      await waitFor('the share is out and judged', async () => (judgedMs(await promotionOf(id)) > 0 ? true : undefined))

      for (const [what, offMs] of jumps) {
        const before = await promotionOf(id)
        const beforeAt = performance.now()
        clock.set(folder, offMs)
        const after = await waitFor(`three slices are judged with the clock ${what}`, async () => {
          const now = await promotionOf(id)
          expect(now.phase, what).toBe('moving')
          return judgedMs(now) >= judgedMs(before) + 15_000 ? now : undefined
        })
        const passedMs = performance.now() - beforeAt
        expect(after.rollout, what).toMatchObject({ phase: 'holding', layer: 'canary', share: { set: 0.05 } })
        expect(
          after.holds.map((hold) => hold.rule),
          what,
        ).not.toContain('deadline')
        // The time at a step is what was judged, not what a clock says; a slice may have been under way.
        expect(judgedMs(after) - judgedMs(before), what).toBeLessThanOrEqual(passedMs + 10_000)
        expect((await createTraffic(home).state('g1')).unwatched, what).toEqual([])
        // What was asked once is not begun again, and the token and the lock hold.
        expect(await ask(), what).toMatchObject({ id })
      }
      const second = launch(clock, controlPlaneArgs())
      const exit = await new Promise((resolve) => second.child.once('exit', resolve))
      expect([exit, second.said()]).toEqual([3, expect.stringContaining('home-locked') as string])

      const { events } = await call<{ events: readonly { id: number; at: string }[] }>('/events?after=0')
      const times = events.map((event) => Date.parse(event.at))
      expect(events.map((event) => event.id)).toEqual(events.map((_, at) => at + 1))
      expect(times).toEqual(times.toSorted((a, b) => a - b))

      // The twin: with its control plane stopped nobody watches, whatever the clock says.
      controlPlane.kill('SIGSTOP')
      await waitFor(
        'the share goes home by itself',
        async () => ((await createTraffic(home).state('g1')).unwatched?.length ? true : undefined),
        60_000,
      )
      controlPlane.kill('SIGCONT')
      const ended = await waitFor('the promotion says so', async () => {
        const now = await promotionOf(id)
        return now.result ? now : undefined
      })
      expect(ended.result).toMatchObject({ outcome: 'rolled-back', cause: 'unwatched' })
      expect(await users.stop()).toEqual([])
    },
    longMs,
  )
})
