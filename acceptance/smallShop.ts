import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Api, openApi } from './api.ts'
import { type CliResult, plainEnvironment, runIn } from './cli.ts'
import type { Promotion, ReadyFile } from './documents.ts'
import { describeProcess, findByHome, isAlive, kill } from './processes.ts'
import { tryFor, waitFor } from './waitFor.ts'

export interface ShopOptions {
  readonly clone: string
  /** A folder of its own for the configuration and the service. */
  readonly folder: string
  /** Short, because sockets live in it. */
  readonly home: string
  /** How long a share may be out that nobody judges. */
  readonly watchedFor: string
  /** Beside what a fresh shell has. */
  readonly env?: Readonly<Record<string, string>>
}

/** An ecosystem of one service, brought up with `./cofferdam up`: what a row does to it harms nothing else. */
export interface Shop {
  readonly home: string
  readonly api: () => Api
  readonly front: () => string
  readonly cli: (args: readonly string[], withinMs?: number) => Promise<CliResult>
  readonly ready: () => ReadyFile
  readonly log: (name: string) => string
  /** Asks for a deploy of a build that no other has; returns when its share is out. There must be requests. */
  readonly deployToShare: () => Promise<Promotion>
  /** Ends everything; returns what had to be killed by hand. */
  readonly end: () => Promise<readonly string[]>
}

export const shopPath = '/api/cart'

function configOf(watchedFor: string): string {
  return `cofferdam: 1
environments:
  production: { hosts: 2, front: { port: auto, servedBy: always } }
  staging: { hosts: 1 }
pipeline:
  stages:
    - { name: staging, environment: staging }
    - { name: canary, environment: production, shares: [5%, 10%] }
    - { name: production, environment: production, batch: 50% }
  # Nothing moves on by itself while a row looks.
  minimum: { share: 30m, batch: 1s, bake: 1s }
  watchedFor: ${watchedFor}
analysis:
  # Little traffic is enough to tell what is looked for here: next to everything is tolerated.
  metrics:
    errors: { harmful: { times: 2, plus: 30pp } }
    latency-p50: { harmful: { times: 20 } }
    latency-p90: { harmful: { times: 20 } }
    latency-p99: { harmful: { times: 20 } }
services:
  cart: { from: cart, owner: shop, routes: [${shopPath}], run: node main.mjs }
`
}

function sourceOf(said: string): string {
  return `import { createServer } from 'node:http'
const server = createServer((request, response) => response.end(${JSON.stringify(said)}))
server.listen(Number(process.env.PORT), process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`
}

/** @throws with what `up` said when it does not end with 0. */
export async function openShop(options: ShopOptions): Promise<Shop> {
  const { clone, folder, home } = options
  const service = join(folder, 'cart')
  const readyFile = join(folder, 'ready.json')
  mkdirSync(service, { recursive: true })
  writeFileSync(join(folder, 'cofferdam.yaml'), configOf(options.watchedFor))
  writeFileSync(join(service, 'main.mjs'), sourceOf('one'))
  const environment = { ...plainEnvironment(), ...options.env }
  const cli = (args: readonly string[], withinMs?: number) =>
    runIn(clone, folder, [...args, '--home', home, '--json'], withinMs, environment)
  const ready = () => JSON.parse(readFileSync(readyFile, 'utf8')) as ReadyFile
  const shop: Shop = {
    home,
    api: () => openApi(ready().api, ready().tokenFile),
    front: () => ready().environments['production']?.front ?? '',
    cli,
    ready,
    log: (name) => readFileSync(join(home, 'logs', `${name}.log`), 'utf8'),
    deployToShare: () => deployToShare(shop, service),
    end: async () => {
      await cli(['down'], 60_000)
      return sweep(home)
    },
  }
  const up = await cli(['up', 'cofferdam.yaml', '--ready-file', readyFile, '--timeout', '5m'], 400_000)
  if (up.code === 0) return shop
  await shop.end()
  throw new Error(`up: exit ${up.code} ${up.stdout}${up.stderr}`)
}

let builds = 0

async function deployToShare(shop: Shop, service: string): Promise<Promotion> {
  builds += 1
  writeFileSync(join(service, 'main.mjs'), sourceOf(`build ${builds} of ${process.pid}`))
  // Refused until there is traffic enough to tell.
  const id = await waitFor(
    'a deploy that is begun',
    async () => {
      const asked = await shop.cli(['deploy', 'cart', '--from', service], 60_000)
      const { id: begun } = (asked.json ?? {}) as { readonly id?: string }
      if (asked.code !== 0) throw new Error(`exit ${asked.code} ${asked.stdout}${asked.stderr}`)
      return begun
    },
    { withinMs: 90_000, everyMs: 1_000 },
  )
  return waitFor(
    `${id} with a share that is judged`,
    async () => {
      const now = await shop.api().promotion(id)
      if (now.result) throw new Error(`${id} ended: ${now.result.text}`)
      const isOut = now.rollout?.phase === 'holding' && now.rollout.layer === 'canary'
      return isOut && now.rollout.arms.canary.requests > 0 ? now : undefined
    },
    { withinMs: 180_000, everyMs: 250 },
  )
}

async function sweep(home: string): Promise<readonly string[]> {
  await tryFor(() => (findByHome(home).length === 0 ? true : undefined), { withinMs: 10_000 })
  const left = findByHome(home)
  const described = left.map(describeProcess)
  for (const pid of left) kill(pid, 'SIGKILL')
  await tryFor(() => (left.some(isAlive) ? undefined : true), { withinMs: 5_000 })
  return described
}
