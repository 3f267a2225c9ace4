import { layersOf } from '../../domain/rollout/layout.ts'
import { frontDoorId } from '../../domain/routing/compile.ts'
import { doorUrl } from '../../domain/routing/doorUrl.ts'
import type { DoorDocument, EnvironmentNow, LayerDocument } from '../catalogDocuments.ts'
import { activeRollout, type World } from '../world.ts'

/** Doors of an environment with their addresses, the front door first; and the layers of each service in the order they are asked. */
export function environmentNow(world: World, environment: string): EnvironmentNow {
  return { doors: doorsOf(world, environment), layers: layersIn(world, environment) }
}

function doorsOf(world: World, environment: string): readonly DoorDocument[] {
  const back = `${environment}/back/`
  const front = world.organisation.environments.find((one) => one.name === environment)?.front
  const doors = Object.entries(world.doors)
    .filter(([id]) => id.startsWith(`${environment}/`))
    .map(([id, port]): DoorDocument => {
      const isBack = id.startsWith(back)
      return {
        id,
        kind: isBack ? 'back' : 'front',
        address: doorUrl(id === frontDoorId(environment) ? { ...front, port } : { port }),
        caller: isBack ? id.slice(back.length) : null,
      }
    })
  return doors.toSorted((a, b) => Number(a.kind === 'back') - Number(b.kind === 'back') || (a.id < b.id ? -1 : 1))
}

function layersIn(world: World, environment: string): readonly LayerDocument[] {
  return world.pools
    .map(({ document }) => document)
    .filter((pool) => pool.environment === environment)
    .flatMap((pool) =>
      layersOf(pool, activeRollout(world, pool)).map(({ name, who, build, hosts, watched }) => ({
        service: pool.service,
        name,
        who: who.kind === 'share' ? ('share' as const) : ('everyone' as const),
        share: who.kind === 'share' ? who.to - who.from : 1,
        build,
        hosts: hosts.length,
        watched,
      })),
    )
}
