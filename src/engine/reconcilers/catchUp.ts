import type { TableEnvironment, TableHost } from '../../domain/routing/table.ts'
import type { Ports } from '../ports.ts'

/** So long every host is waited for; then one of each layer is enough, or a single broken host would stop everything. */
const wholeMs = 60_000

export interface CatchUp {
  /** Whether a table of this store may take over from a newer one that the gateway has. */
  readonly maySend: (environments: readonly TableEnvironment[], gatewayGeneration: number) => boolean
}

/**
 * A gateway that has a newer table than the store: the store was restored from a backup. What it says should run may
 * have to be started first, and until it can serve, the gateway goes on with what it has. A layer of which no host is
 * ready is waited for without end, because sending the table would be an outage; the log says what for.
 */
export function createCatchUp({ runtime, clock, report }: Ports): CatchUp {
  let since: { readonly generation: number; readonly atMs: number } | undefined
  let said = ''
  return {
    maySend: (environments, generation) => {
      if (since?.generation !== generation) since = { generation, atMs: clock.monotonic() }
      const ready = new Set(runtime.list().flatMap((one) => (one.phase === 'ready' ? [one.spec.id] : [])))
      const isPartial = clock.monotonic() - since.atMs >= wholeMs
      const missing = environments.flatMap(({ name, services }) =>
        services.flatMap((service) =>
          service.layers
            .filter(({ hosts }) => !canServe(hosts, ready, isPartial))
            .map((layer) => `${name}/${service.name} (${layer.name})`),
        ),
      )
      if (missing.length === 0) return true
      const text = `a gateway has table ${generation}, which is newer than the store: it keeps it until ${missing.join(', ')} can serve`
      if (text !== said) report('traffic', new Error(text))
      said = text
      return false
    },
  }
}

function canServe(hosts: readonly TableHost[], ready: ReadonlySet<string>, isPartial: boolean): boolean {
  const serving = hosts.filter((host) => ready.has(host.instance)).length
  return isPartial ? serving > 0 : hosts.length > 0 && serving === hosts.length
}
