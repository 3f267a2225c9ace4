import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A proxy of the bench: how to start it in front of the origin. */
export interface Proxy {
  readonly name: string
  /** Undefined: not installed here. */
  readonly command: readonly string[] | undefined
}

export interface Ports {
  readonly front: number
  readonly origin: number
}

function isInstalled(program: string, versionFlag: string): boolean {
  return spawnSync(program, [versionFlag], { stdio: 'ignore' }).status === 0
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** All features on: a share, a key layer, two hosts names for one origin, limits, histograms. */
function gatewayTable({ front, origin }: Ports): string {
  const host = (id: string): object => ({ id, address: `127.0.0.1:${origin}`, instance: id })
  const build = (name: string): object => ({ name, digest: `sha256:${name}` })
  const layers = [
    { name: 'canary', who: { kind: 'share', from: 0, to: 0.1 }, build: build('new'), hosts: [host('canary-1')] },
    { name: 'baseline', who: { kind: 'share', from: 0.9, to: 1 }, build: build('old'), hosts: [host('baseline-1')] },
    { name: 'developer', who: { kind: 'key', key: 'developer' }, build: build('own'), hosts: [host('developer-1')] },
    {
      name: 'stable',
      who: { kind: 'everyone' },
      build: build('old'),
      hosts: [host('1'), host('2'), host('3'), host('4')],
    },
  ]
  const service = { name: 'bench', pages: false, routes: [{ path: '/api/bench' }], healthPath: '/healthz', layers }
  const door = { id: 'production/front', kind: 'front', port: front, servedBy: 'always', strict: false }
  return JSON.stringify({
    schema: 'cofferdam.table/1',
    generation: 1,
    environments: [{ name: 'production', doors: [door], services: [service] }],
  })
}

function haproxyConfig({ front, origin }: Ports): string {
  return `global
  nbthread 1
defaults
  mode http
  timeout connect 3s
  timeout client 75s
  timeout server 75s
frontend f
  bind 127.0.0.1:${front}
  use_backend b if { path_beg /api/bench }
backend b
  http-reuse always
  server s 127.0.0.1:${origin}
`
}

function caddyConfig({ front, origin }: Ports): string {
  return `{
  admin off
  auto_https off
}
http://127.0.0.1:${front} {
  handle /api/bench/* {
    reverse_proxy 127.0.0.1:${origin}
  }
}
`
}

/** From npm into the bench's own folder: nothing else here needs it. Undefined when npm does not get it. */
function installHttpProxy(folder: string): string | undefined {
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent', 'http-proxy@1.18.1']
  if (spawnSync('npm', args, { stdio: 'ignore' }).status !== 0) return undefined
  return join(folder, 'node_modules', 'http-proxy', 'index.js')
}

/** Writes the configurations and says how each proxy starts; `folder` is the bench's own. */
export function proxiesFor(ports: Ports, folder: string): readonly Proxy[] {
  const dir = join(folder, 'gateway')
  mkdirSync(dir, { recursive: true })
  write(dir, 'table.json', gatewayTable(ports))
  const haproxy = write(folder, 'haproxy.cfg', haproxyConfig(ports))
  const caddy = write(folder, 'Caddyfile', caddyConfig(ports))
  const rival = installHttpProxy(folder)
  const { node, here } = { node: process.execPath, here: import.meta.dirname }
  return [
    { name: 'cofferdam', command: [node, join(here, '../../src/main/gateway.ts'), '--dir', dir, '--id', 'bench'] },
    { name: 'haproxy', command: isInstalled('haproxy', '-v') ? ['haproxy', '-db', '-f', haproxy] : undefined },
    {
      name: 'caddy',
      command: isInstalled('caddy', 'version')
        ? ['caddy', 'run', '--config', caddy, '--adapter', 'caddyfile']
        : undefined,
    },
    {
      name: 'http-proxy',
      command:
        rival === undefined
          ? undefined
          : [node, join(here, 'httpProxy.ts'), String(ports.front), String(ports.origin), rival],
    },
  ]
}
