import type { InstanceSeen } from '../domain/catalog/instance.ts'
import { createGrouping } from './grouping.ts'
import type { Clock, Runtime } from './ports.ts'

/** So long one look at all instances serves every pass, ms. A change that the runtime tells of ends it at once. */
const freshMs = 50

/**
 * A runtime whose list is the same array while nothing changed: with hundreds of rollouts each pass asks for it several
 * times, and what it finds of a service is looked up, not searched for.
 */
export function snapshotInstances(runtime: Runtime, clock: Pick<Clock, 'monotonic'>): Runtime {
  let known: { readonly list: readonly InstanceSeen[]; readonly at: number } | undefined
  const forget = () => {
    known = undefined
  }
  return {
    ...runtime,
    subscribe: (changed) =>
      runtime.subscribe((id) => {
        forget()
        changed(id)
      }),
    list: () => {
      const at = clock.monotonic()
      if (known === undefined || at - known.at >= freshMs) known = { list: runtime.list(), at }
      return known.list
    },
    // At once as well: what is being ended no longer serves, long before it is gone.
    ensure: (spec) => {
      const ensured = runtime.ensure(spec).finally(forget)
      forget()
      return ensured
    },
    remove: (id) => {
      const removed = runtime.remove(id).finally(forget)
      forget()
      return removed
    },
  }
}

/** The instances of one service in one environment. */
export const instancesIn = createGrouping<InstanceSeen>((one) => one.spec)
