import type { Organisation } from '../../domain/catalog/organisation.ts'
import { CofferdamError } from '../../domain/errors.ts'
import { poolId } from '../../domain/rollout/pool.ts'
import { backDoorId, frontDoorId } from '../../domain/routing/compile.ts'
import type { DocumentWrite, Ports } from '../ports.ts'
import { resizePools, withHosts } from '../reconcilers/pools.ts'
import { loadWorld } from '../world.ts'
import { addBuild } from './addBuild.ts'

/** Name of the build that a service begins with: its working folder as it is when it is first applied. */
const firstBuild = 'first'

/** Applies a configuration as one revision, all or nothing; new services start in every environment. */
export async function applyOrganisation(
  ports: Ports,
  organisation: Organisation,
  by: string,
): Promise<{ readonly revision: string; readonly changed: boolean }> {
  const { store } = ports
  const [current] = await store.list('organisation', { limit: 1 })
  const same = current && JSON.stringify(current.document) === JSON.stringify(organisation)
  if (current) await refuseRemoval(ports, current.document, organisation)
  const revision = same ? current.id : String(await store.next('organisation'))
  if (!same) {
    const event = {
      atMs: ports.clock.now(),
      actor: by,
      kind: 'configuration.applied',
      on: revision,
      text: `configuration ${revision} applied: ${organisation.services.length} services, ${organisation.environments.length} environments`,
    }
    await store.commit({
      documents: [{ kind: 'organisation', id: revision, revision: 0, document: organisation }],
      events: [event],
    })
  }
  await openDoors(ports, organisation)
  await createPools(ports, organisation, by)
  await resizePools(ports)
  return { revision, changed: !same }
}

async function refuseRemoval(ports: Ports, current: Organisation, next: Organisation): Promise<void> {
  const world = await loadWorld(ports.store)
  const gone = world.pools
    .map((one) => one.document)
    .filter(
      (pool) =>
        !next.environments.some((one) => one.name === pool.environment) ||
        !next.services.some((one) => one.name === pool.service),
    )
  if (gone.length === 0) return
  const problems = gone.map((pool) => {
    const what = next.services.some((one) => one.name === pool.service)
      ? `environments.${pool.environment}`
      : `services.${pool.service}`
    return {
      path: what,
      value: null,
      allowed: 'what runs',
      nearest: null,
      text: `${pool.environment}/${pool.service} runs ${pool.stable.name} on ${pool.hosts} hosts and cannot be removed`,
    }
  })
  throw new CofferdamError(
    'invalid-config',
    `the file leaves out what runs: ${gone.map((pool) => poolId(pool.environment, pool.service)).join(', ')} (of ${current.services.length} services)`,
    { details: { problems } },
  )
}

/** A door keeps its port for ever: clients know it. */
async function openDoors(ports: Ports, organisation: Organisation): Promise<void> {
  const stored = await ports.store.load('doors', 'current')
  const doors: Record<string, number> = { ...stored?.document }
  for (const environment of organisation.environments) {
    doors[frontDoorId(environment.name)] ??= await ports.reservePort(environment.front.port)
    for (const service of organisation.services)
      doors[backDoorId(environment.name, service.name)] ??= await ports.reservePort('auto')
  }
  if (JSON.stringify(doors) === JSON.stringify(stored?.document ?? {})) return
  await ports.store.commit({
    documents: [{ kind: 'doors', id: 'current', revision: stored?.revision ?? 0, document: doors }],
  })
}

async function createPools(ports: Ports, organisation: Organisation, by: string): Promise<void> {
  for (const service of organisation.services) {
    for (const environment of organisation.environments) {
      const id = poolId(environment.name, service.name)
      if (await ports.store.load('pool', id)) continue
      const build = await addBuild(ports, { service: service.name, from: service.from, name: firstBuild }, by)
      const document = withHosts(
        {
          environment: environment.name,
          service: service.name,
          stable: { digest: build.digest, name: firstBuild },
          settings: environment.settings[service.name] ?? {},
        },
        environment.hosts[service.name] ?? 1,
      )
      const write: DocumentWrite = { kind: 'pool', id, revision: 0, document, service: service.name }
      await ports.store.commit({ documents: [write] })
    }
  }
}
