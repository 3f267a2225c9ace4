import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Origin } from './origin.ts'

/** A proxy that runs, in front of an origin of its own. */
export interface Peer {
  readonly name: string
  readonly port: number
  readonly origin: Origin
  readonly stop: () => Promise<void>
}

interface Ports {
  readonly front: number
  readonly origin: number
}

/** As careful as an operator would be, and as generous as ours with the size of a head. */
function haproxyConfig({ front, origin }: Ports): string {
  return `global
  nbthread 1
  tune.bufsize 34816
  tune.http.maxhdr 1024
defaults
  mode http
  timeout connect 3s
  timeout client 30s
  timeout server 30s
  timeout http-request 30s
frontend f
  bind 127.0.0.1:${front}
  default_backend b
backend b
  http-reuse always
  server s 127.0.0.1:${origin}
`
}

function nginxConfig({ front, origin }: Ports, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.join(' ')}
  large_client_header_buffers 4 32k;
  client_max_body_size 0;
  upstream o { server 127.0.0.1:${origin} max_fails=0; keepalive 8; }
  server {
    listen 127.0.0.1:${front};
    location / {
      proxy_pass http://o;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_buffer_size 32k;
      proxy_buffers 4 32k;
    }
  }
}
`
}

function gatewayTable({ front, origin }: Ports): string {
  const hosts = [{ id: '1', address: `127.0.0.1:${origin}`, instance: 'i' }]
  const layers = [{ name: 'stable', who: { kind: 'everyone' }, build: { name: 'b', digest: 'sha256:b' }, hosts }]
  const services = [{ name: 'hostile', pages: false, routes: [{ path: '/' }], healthPath: '/healthz', layers }]
  const doors = [{ id: 'production/front', kind: 'front', port: front, servedBy: 'always', strict: false }]
  const environments = [{ name: 'production', doors, services }]
  return JSON.stringify({ schema: 'cofferdam.table/1', generation: 1, environments })
}

/** The first line of what a program says about its version; undefined: it is not installed. */
export function versionOf(program: string): string | undefined {
  const { status, stdout, stderr } = spawnSync(program, ['-v'], { encoding: 'utf8' })
  return status === 0 ? `${stdout}${stderr}`.split('\n', 1)[0]!.trim() : undefined
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const limit = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(limit)
}

/** Waits until a proxy serves. @throws when it does not within 20 s. */
export async function untilServing(name: string, port: number): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    const status = await fetch(`http://127.0.0.1:${port}/ready`).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${name} does not serve on port ${port}; its log is in the folder that was named`)
}

async function start(name: string, folder: string, command: (ports: Ports) => readonly string[]): Promise<Peer> {
  const origin = await Origin.start()
  const ports = { front: await freePort(), origin: origin.port }
  const [program, ...args] = command(ports)
  const log = openSync(join(folder, `${name}.log`), 'a')
  const child = spawn(program!, args, { stdio: ['ignore', log, log] })
  const stop = async (): Promise<void> => {
    await end(child)
    await origin.close()
  }
  try {
    await untilServing(name, ports.front)
  } catch (error) {
    await stop()
    throw error
  }
  return { name, port: ports.front, origin, stop }
}

function write(path: string, text: string): string {
  writeFileSync(path, text)
  return path
}

/** Our gateway, a process of its own, as it is installed. */
export async function startGateway(folder: string): Promise<Peer> {
  const main = join(import.meta.dirname, '../../src/main/gateway.ts')
  return await start('cofferdam', folder, (ports) => {
    const dir = join(folder, 'gateway')
    mkdirSync(dir)
    write(join(dir, 'table.json'), gatewayTable(ports))
    return [process.execPath, main, '--dir', dir, '--id', 'differential']
  })
}

export async function startHaproxy(folder: string): Promise<Peer> {
  return await start('haproxy', folder, (ports) => [
    'haproxy',
    '-db',
    '-f',
    write(join(folder, 'haproxy.cfg'), haproxyConfig(ports)),
  ])
}

export async function startNginx(folder: string): Promise<Peer> {
  return await start('nginx', folder, (ports) => [
    'nginx',
    '-p',
    folder,
    '-c',
    write(join(folder, 'nginx.conf'), nginxConfig(ports, folder)),
  ])
}
