import { instanceId, type Pool } from '../../domain/rollout/pool.ts'
import type { Ports } from '../ports.ts'
import { activeRollout, loadWorld } from '../world.ts'

const underWay = ['waiting', 'moving', 'rolling-back'] as const

/**
 * Gives every pool as many hosts as its environment is configured to have. A service that moves is left alone: its
 * rollout was planned for the hosts that it began with, and the next look is soon enough.
 */
export async function resizePools(ports: Ports): Promise<void> {
  const { store } = ports
  const world = await loadWorld(store)
  const hostsOf = ({ environment, service }: Pool) =>
    world.organisation.environments.find((one) => one.name === environment)?.hosts[service] ?? 1
  const wrong = world.pools.filter(
    ({ document: pool }) => pool.hosts !== hostsOf(pool) && activeRollout(world, pool) === undefined,
  )
  if (wrong.length === 0) return
  const promotions = await store.list('promotion', { phases: underWay, limit: 1_000 })
  for (const { id, revision, document: pool } of wrong) {
    if (promotions.some((one) => one.document.service === pool.service)) continue
    const document = withHosts(pool, hostsOf(pool))
    await store.commit({ documents: [{ kind: 'pool', id, revision, document, service: pool.service }] })
  }
}

/** Hosts that stay keep their instance; a new one gets the instance that its pool would have begun with. */
export function withHosts(pool: Omit<Pool, 'hosts' | 'instances'> & Partial<Pool>, hosts: number): Pool {
  const { environment, service, instances = {} } = pool
  const ids = Array.from({ length: hosts }, (_, index) => String(index + 1))
  return {
    ...pool,
    hosts,
    instances: Object.fromEntries(ids.map((id) => [id, instances[id] ?? instanceId(environment, service, id, '0')])),
  }
}
