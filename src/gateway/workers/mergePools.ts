import type { SeenHost } from '../pools.ts'

function keyOf(host: SeenHost): string {
  const { environment, service, layer, instance, address } = host
  return [environment, service, layer, host.host, instance, address, host.draining === true].join('\n')
}

/** A host is up when it is for every worker; else it is down since the first of them found so. */
function merged(a: SeenHost, b: SeenHost): SeenHost {
  const inFlight = a.inFlight + b.inFlight
  if (a.up !== b.up) return { ...(a.up ? b : a), inFlight }
  const isEarlier = a.since < b.since
  return { ...(isEarlier === a.up ? b : a), inFlight }
}

/** The hosts as all workers together see them. */
export function mergePools(lists: readonly (readonly SeenHost[])[]): readonly SeenHost[] {
  const hosts = new Map<string, SeenHost>()
  for (const host of lists.flat()) {
    const key = keyOf(host)
    const before = hosts.get(key)
    hosts.set(key, before === undefined ? host : merged(before, host))
  }
  return [...hosts.values()]
}
