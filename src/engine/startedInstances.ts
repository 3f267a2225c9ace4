import { CofferdamError } from '../domain/errors.ts'
import { startedBy } from '../domain/rollout/layout.ts'
import { loadPromotion } from './commands/changePromotion.ts'
import type { Ports } from './ports.ts'
import { rolloutsOf } from './rolloutsOf.ts'

/** An instance, whether or not it still exists. */
export interface StartedInstance {
  readonly instance: string
  readonly environment: string
  readonly service: string
  readonly host: string
}

/**
 * The instances that a promotion has or can have started.
 *
 * @throws `usage` for a promotion of another service, `unknown-promotion` for one that is not there
 */
export async function startedInstances(
  ports: Ports,
  service: string,
  promotion: string,
): Promise<readonly StartedInstance[]> {
  const { document } = await loadPromotion(ports, promotion)
  if (document.service !== service)
    throw new CofferdamError('usage', `${promotion} is a promotion of "${document.service}", not of "${service}"`)
  return (await rolloutsOf(ports.store, document)).flatMap((rollout) =>
    startedBy(rollout).map(({ id, instance }) => ({
      instance,
      environment: rollout.environment,
      service,
      host: id,
    })),
  )
}
