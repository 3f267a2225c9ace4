import type { Organisation } from '../domain/catalog/organisation.ts'
import { CofferdamError } from '../domain/errors.ts'
import type { Pool } from '../domain/rollout/pool.ts'
import type { Rollout, RolloutPhase } from '../domain/rollout/rollout.ts'
import type { Store, Stored } from './ports.ts'

const activePhases: readonly RolloutPhase[] = ['preparing', 'shifting', 'holding', 'baking', 'rolling-back']
/** More pools or rollouts than this at once are refused by the store's own limit. */
const most = 1_000

/** What is stored of the world: the input of the route table and of the instances that should exist. */
export interface World {
  readonly organisation: Organisation
  readonly revision: string
  readonly pools: readonly Stored<'pool'>[]
  /** Those that own traffic or instances. */
  readonly rollouts: readonly Stored<'rollout'>[]
  readonly doors: Readonly<Record<string, number>>
}

export async function loadWorld(store: Store): Promise<World> {
  // Rollouts before pools: a rollout that completes in between then meets the pool it made, which lays the same layers.
  // The other way round its pool would still be the old one and its instances nobody's.
  const rollouts = await store.list('rollout', { phases: activePhases, limit: most })
  const [current, pools, doors] = await Promise.all([
    currentOrganisation(store),
    store.list('pool', { limit: most }),
    store.load('doors', 'current'),
  ])
  return { organisation: current.document, revision: current.id, pools, rollouts, doors: doors?.document ?? {} }
}

export async function currentOrganisation(store: Store): Promise<Stored<'organisation'>> {
  const [current] = await store.list('organisation', { limit: 1 })
  if (!current) throw new CofferdamError('invalid-config', 'no configuration has been applied yet')
  return current
}

export function activeRollout(world: World, pool: Pool): Rollout | undefined {
  return world.rollouts.find(
    ({ document }) => document.environment === pool.environment && document.service === pool.service,
  )?.document
}
