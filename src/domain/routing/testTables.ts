import type { RouteTable, TableEnvironment, TableHost, TableLayer, TableService } from './table.ts'

/** Tables for tests. */
function hosts(count: number, prefix: string): TableHost[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `${prefix}${at + 1}`,
    address: `127.0.0.1:${9_000 + at}`,
    instance: `${prefix}i${at + 1}`,
  }))
}

const build = { name: 'good', digest: 'sha256:1' }

export function stableLayer(count: number): TableLayer {
  return { name: 'stable', who: { kind: 'everyone' }, build, hosts: hosts(count, '') }
}

export function shareLayer(name: string, from: number, to: number): TableLayer {
  return { name, who: { kind: 'share', from, to }, build, hosts: hosts(1, `${name}-`), watchedForMs: 60_000 }
}

export function keyedLayer(key: string, expiresAtMs?: number): TableLayer {
  return {
    name: key,
    who: { kind: 'key', key, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) },
    build,
    hosts: hosts(1, `${key}-`),
  }
}

export function serviceOf(
  name: string,
  path: string,
  layers: readonly TableLayer[],
  more: Partial<TableService> = {},
): TableService {
  return { name, pages: false, routes: [{ path }], healthPath: '/healthz', layers, ...more }
}

export function environmentOf(name: string, firstPort: number, services: readonly TableService[]): TableEnvironment {
  return {
    name,
    doors: [
      { id: `${name}/front`, kind: 'front', port: firstPort, servedBy: 'always', strict: false },
      {
        id: `${name}/back/caller`,
        kind: 'back',
        port: firstPort + 1,
        caller: 'caller',
        servedBy: 'always',
        strict: false,
      },
      { id: `${name}/strict`, kind: 'front', port: firstPort + 2, servedBy: 'always', strict: true },
    ],
    services,
  }
}

export function tableOf(services: readonly TableService[]): RouteTable {
  return { schema: 'cofferdam.table/1', generation: 1, environments: [environmentOf('production', 8_000, services)] }
}
