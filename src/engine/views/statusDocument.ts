import { instancesOf, layersOf } from '../../domain/rollout/layout.ts'
import { presentStage } from '../../domain/promotion/decide.ts'
import type { Promotion } from '../../domain/promotion/promotion.ts'
import { olderSettings, type Pool } from '../../domain/rollout/pool.ts'
import { stepName } from '../../domain/rollout/findHolds.ts'
import type { Rollout } from '../../domain/rollout/rollout.ts'
import { frontDoorId } from '../../domain/routing/compile.ts'
import type { InstanceSeen } from '../../domain/catalog/instance.ts'
import type { HostDocument, StatusDocument } from '../api.ts'
import type { PoolHost } from '../ports.ts'
import type { GatewaySeen } from '../reconcilers/traffic.ts'
import { activeRollout, type World } from '../world.ts'
import { iso } from './promotionDocument.ts'

export interface StatusParts {
  readonly world: World
  readonly running: readonly InstanceSeen[]
  readonly hosts: readonly PoolHost[]
  readonly gateways: readonly GatewaySeen[]
  readonly promotions: readonly Promotion[]
}

/** Where every build is now. `ready` is the gateways' knowledge; a pid is the service's own. */
export function statusDocument(parts: StatusParts): StatusDocument {
  const { world } = parts
  return {
    stages: world.organisation.pipeline.stages.map(({ name, kind, environment }) => ({ name, kind, environment })),
    environments: world.organisation.environments.map((environment) => ({
      name: environment.name,
      front: `http://127.0.0.1:${world.doors[frontDoorId(environment.name)] ?? 0}`,
      services: world.organisation.services.flatMap((service) => {
        const pool = world.pools.find(
          ({ document }) => document.environment === environment.name && document.service === service.name,
        )?.document
        const older = pool ? olderSettings(pool, environment.settings[service.name] ?? {}) : []
        return pool
          ? [
              {
                ...serviceDocument(parts, service.owner, pool, activeRollout(world, pool)),
                ...(older.length === 0 ? {} : { olderSettings: older }),
              },
            ]
          : []
      }),
    })),
    gateways: parts.gateways.map((one) => ({
      id: one.id,
      pid: one.pid ?? null,
      generation: one.generation ?? null,
      silent: one.silent,
    })),
    moving: parts.promotions.map((promotion) => {
      const rollout = world.rollouts.find((one) => one.document.promotion === promotion.id)?.document
      const at = rollout ? `: ${rollout.phase} ${stepName(rollout)}` : ''
      return {
        promotion: promotion.id,
        service: promotion.service,
        stage: presentStage(promotion).name,
        text: `${promotion.build.name} is ${promotion.phase}${at}`,
      }
    }),
  }
}

function serviceDocument(
  parts: StatusParts,
  owner: string,
  pool: Pool,
  rollout: Rollout | undefined,
): StatusDocument['environments'][number]['services'][number] {
  const layers = layersOf(pool, rollout)
  const inTable = layers.flatMap((layer) =>
    layer.hosts.map((host) => ({ ...host, layer: layer.name, build: layer.build })),
  )
  const kept = instancesOf(pool, rollout).filter((one) => one.role === 'kept')
  return {
    name: pool.service,
    owner,
    stable: pool.stable.name,
    digest: pool.stable.digest,
    hosts: inTable.map((host) => hostDocument(parts, { ...host, host: host.id })),
    kept: kept.map((one) => hostDocument(parts, { ...one, layer: 'kept' })),
  }
}

function hostDocument(
  parts: StatusParts,
  host: { readonly host: string; readonly instance: string; readonly layer: string; readonly build: Pool['stable'] },
): HostDocument {
  const seen = parts.running.find((one) => one.spec.id === host.instance)
  const known = seen && parts.hosts.find((one) => one.address === `127.0.0.1:${seen.port}`)
  // A host that the gateway has only just been given is not in its last report yet: the runtime has seen it ready.
  const ready = seen?.phase === 'ready' && (host.layer === 'kept' || known === undefined || known.up)
  return {
    id: host.host,
    build: host.build.name,
    digest: host.build.digest,
    pid: seen?.pid ?? null,
    startedAt: seen?.startedAtMs === undefined ? null : iso(seen.startedAtMs),
    ready,
    layer: host.layer,
    instance: host.instance,
    ...(ready || seen?.failure === undefined ? {} : { failure: seen.failure.text }),
  }
}
