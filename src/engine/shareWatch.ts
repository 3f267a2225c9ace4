import { stepInForce } from '../domain/rollout/layout.ts'
import type { Rollout } from '../domain/rollout/rollout.ts'
import type { Ports } from './ports.ts'
import type { TrafficReconciler } from './reconcilers/traffic.ts'

export interface ShareWatch {
  /** The share is on its way to the gateways: its time begins. */
  readonly begin: (rollout: string) => void
  readonly forget: (rollout: string) => void
  /** A slice was judged: the gateway may keep the share out for another while. */
  readonly renew: (gateway: string, rollout: Rollout) => Promise<void>
  /** Nobody renewed it in time; the gateway has sent the share to stable. */
  readonly isUnwatched: (rollout: Rollout) => boolean
}

/** Keeps the time that a share may be out unwatched. */
export function createShareWatch(ports: Ports, traffic: () => TrafficReconciler): ShareWatch {
  const { clock } = ports
  /** Rollout → monotonic time of the last renewal; the gateway's own clock starts a little later. */
  const renewedAt = new Map<string, number>()
  return {
    begin: (rollout) => void renewedAt.set(rollout, clock.monotonic()),
    forget: (rollout) => void renewedAt.delete(rollout),
    renew: async (gateway, rollout) => {
      if (!hasShareOut(rollout)) return
      const at = clock.monotonic()
      // A watch that has run out is not renewed: the share is home already, and the rollout goes back.
      if (at - (renewedAt.get(rollout.id) ?? at) > rollout.plan.watchedForMs) return
      const { environment, service } = rollout
      const layers = ['canary', 'baseline'].map((layer) => ({ environment, service, layer }))
      const { generation } = await traffic().sync()
      await ports.traffic.watched(gateway, layers, generation)
      renewedAt.set(rollout.id, at)
    },
    isUnwatched: (rollout) => {
      if (!hasShareOut(rollout)) return false
      const since = renewedAt.get(rollout.id)
      const ranOut = since !== undefined && clock.monotonic() - since > rollout.plan.watchedForMs
      return ranOut || traffic().isUnwatched(rollout.environment, rollout.service)
    },
  }
}

function hasShareOut(rollout: Rollout): boolean {
  return rollout.phase !== 'rolling-back' && rollout.plan.steps[stepInForce(rollout)]?.kind === 'share'
}
