import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../cli/main.ts', import.meta.url))

/** A secret that the organisation of the fixture refers to; nothing but its instances may ever show it. */
export const plantedSecret = 'planted-secret-5b1f0c'

export interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** A home below a temporary folder, with one tiny service, brought up by the real command. */
export interface UpHome {
  readonly folder: string
  readonly home: string
  /** The service's folder: what `deploy` snapshots. */
  readonly service: string
  readonly token: () => string
  readonly api: () => string
  /** Process ids as the supervisor wrote them down. */
  readonly pids: () => { readonly pid: number; readonly controlPlane: number; readonly gateway: number }
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ran>
  readonly up: (env?: Readonly<Record<string, string>>) => Promise<void>
  /** Ends everything of the home and removes the folder. */
  readonly end: () => Promise<void>
}

const configOf = (front: string) => `cofferdam: 1
environments:
  production: { hosts: 2, front: ${front}, settings: { cart: { KEY: { secret: env:UP_HOME_SECRET } } } }
  staging: { hosts: 1, settings: { cart: { KEY: { secret: env:UP_HOME_SECRET } } } }
pipeline:
  minimum: { share: 1s, batch: 1s, bake: 1s }
services:
  cart:
    from: cart
    owner: shop
    routes: [/api/cart]
    run: node main.mjs
    settings: { KEY: required }
`

/** The source of the tiny service; \`said\` tells its builds apart. */
export function cartSource(said: string): string {
  return `import { createServer } from 'node:http'
const server = createServer((request, response) => response.end(${JSON.stringify(said)}))
server.listen(Number(process.env.PORT), process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`
}

/**
 * Makes the folder; nothing runs yet.
 * @param below where the temporary folder is made.
 * @param front of production, as YAML in one line.
 */
export function createUpHome(below = tmpdir(), front = '{}'): UpHome {
  const folder = mkdtempSync(join(below, 'cofferdam-up-'))
  const home = join(folder, 'h')
  const service = join(folder, 'cart')
  mkdirSync(service)
  writeFileSync(join(service, 'main.mjs'), cartSource('one'))
  writeFileSync(join(folder, 'cofferdam.yaml'), configOf(front))

  const run: UpHome['run'] = (args, env = {}) =>
    new Promise((resolve) => {
      const { COFFERDAM_HOME: _, COFFERDAM_URL: _url, COFFERDAM_TOKEN: _token, ...own } = process.env
      const options = {
        env: { ...own, UP_HOME_SECRET: plantedSecret, ...env },
        cwd: folder,
        maxBuffer: 64 * 1024 * 1024,
      }
      const child = execFile(process.execPath, [cli, ...args, '--home', home], options, (_error, out, err) =>
        resolve({ exit: child.exitCode ?? 1, out, err }),
      )
    })
  const readJson = <T>(name: string): T => JSON.parse(readFileSync(join(home, name), 'utf8')) as T

  return {
    folder,
    home,
    service,
    token: () => readFileSync(join(home, 'token'), 'utf8').trim(),
    api: () => readJson<{ api: string }>('api.json').api,
    pids: () => readJson('supervisor.json'),
    run,
    up: async (env) => {
      const ran = await run(['up', '--timeout', '90s'], env)
      if (ran.exit !== 0) throw new Error(`up ended with ${ran.exit}: ${ran.err}`)
    },
    end: async () => {
      await run(['down'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
