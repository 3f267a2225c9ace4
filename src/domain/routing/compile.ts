import type { Organisation } from '../catalog/organisation.ts'
import type { Environment } from '../environment/environment.ts'
import { layersOf, type LaidLayer } from '../rollout/layout.ts'
import type { Pool } from '../rollout/pool.ts'
import { isActive, type Rollout } from '../rollout/rollout.ts'
import type { Door, TableEnvironment, TableLayer, TableService } from './table.ts'

/** Everything that a route table is made of. */
export interface Compilation {
  readonly organisation: Organisation
  readonly pools: readonly Pool[]
  readonly rollouts: readonly Rollout[]
  /** Door id → port. */
  readonly doors: Readonly<Record<string, number>>
  /** Instance id → port; an instance without one is not in the table yet. */
  readonly ports: ReadonlyMap<string, number>
}

export function frontDoorId(environment: string): string {
  return `${environment}/front`
}

/**
 * A second front door on loopback, without TLS, beside one that has it or listens elsewhere: for what knows no
 * certificate, such as the tests of a stage.
 */
export function loopbackDoorId(environment: string): string {
  return `${environment}/loopback`
}

export function needsLoopbackDoor({ tls, listen }: Environment['front']): boolean {
  return tls !== undefined || listen !== undefined
}

export function backDoorId(environment: string, service: string): string {
  return `${environment}/back/${service}`
}

/** Compiles the environments of a route table. Equal input gives equal output, so that a table is only replaced when something changed. */
export function compileTable(input: Compilation): readonly TableEnvironment[] {
  return input.organisation.environments.map((environment) => ({
    name: environment.name,
    doors: doorsOf(input, environment),
    services: input.organisation.services.flatMap((service) => {
      const pool = input.pools.find((one) => one.environment === environment.name && one.service === service.name)
      if (!pool) return []
      const rollout = input.rollouts.find(
        (one) => isActive(one) && one.environment === pool.environment && one.service === pool.service,
      )
      const compiled: TableService = {
        name: service.name,
        pages: service.pages,
        routes: service.routes,
        healthPath: service.ready.path,
        layers: layersOf(pool, rollout).map((layer) => addressed(layer, input.ports, rollout)),
      }
      return [compiled]
    }),
  }))
}

function doorsOf(input: Compilation, { name: environment, front: open }: Environment): readonly Door[] {
  const { port: _, ...asked } = open
  const { servedBy } = open
  const front = input.doors[frontDoorId(environment)]
  const loopback = input.doors[loopbackDoorId(environment)]
  const doors: Door[] = []
  if (front !== undefined)
    doors.push({ id: frontDoorId(environment), kind: 'front', port: front, strict: false, ...asked })
  if (loopback !== undefined)
    doors.push({ id: loopbackDoorId(environment), kind: 'front', port: loopback, servedBy, strict: false })
  for (const service of input.organisation.services) {
    const id = backDoorId(environment, service.name)
    const port = input.doors[id]
    if (port !== undefined) doors.push({ id, kind: 'back', port, caller: service.name, servedBy, strict: false })
  }
  return doors
}

function addressed(layer: LaidLayer, ports: ReadonlyMap<string, number>, rollout: Rollout | undefined): TableLayer {
  const hosts = layer.hosts.flatMap((host) => {
    const port = ports.get(host.instance)
    return port === undefined ? [] : [{ id: host.id, address: `127.0.0.1:${port}`, instance: host.instance }]
  })
  const { name, who, build } = layer
  const plain = { name, who, build: { name: build.name, digest: build.digest }, hosts }
  return layer.watched && rollout ? { ...plain, watchedForMs: rollout.plan.watchedForMs } : plain
}
