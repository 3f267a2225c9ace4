import type { RouteTable, TableService } from '../../domain/routing/table.ts'

/** Watches every table that a gateway puts in force; throws what must never be. */
export interface TableRules {
  readonly check: (before: RouteTable | undefined, table: RouteTable) => void
}

export interface TableRulesOptions {
  /** The instance answered its readiness check at some time. */
  readonly wasReady: (instance: string) => boolean
  /** Shares that the pipeline allows. */
  readonly shares: readonly number[]
  readonly hosts: number
}

/** How far a service is on its way: 0 is "only the old build", then the shares, then the hosts. */
interface Height {
  readonly rank: number
  readonly rollout?: string
}

export function createTableRules({ wasReady, shares, hosts }: TableRulesOptions): TableRules {
  const contents = new Map<number, string>()
  /** Rollouts that were taken out of the table: they never come back. */
  const gone = new Set<string>()

  function heightOf(service: TableService): Height {
    const layer = service.layers.find((one) => one.name === 'canary' || one.name === 'batch')
    if (!layer) return { rank: 0 }
    const rollout = layer.hosts[0]?.instance.replace(/^.*-(r-\d+-\d+(?:\.\d+)?)$/, '$1') ?? ''
    if (layer.name === 'batch') return { rank: shares.length + layer.hosts.length, rollout }
    const share = layer.who.kind === 'share' ? layer.who.to - layer.who.from : 1
    const index = shares.findIndex((one) => Math.abs(one - share) < 1e-9)
    if (index === -1) throw new Error(`share ${share} is in force; configured: ${shares.join(', ')}`)
    return { rank: index + 1, rollout }
  }

  function checkService(environment: string, before: TableService | undefined, service: TableService): void {
    const name = `${environment}/${service.name}`
    for (const layer of service.layers.filter((one) => one.name !== 'stable')) {
      if (layer.hosts.length === 0) throw new Error(`${name}: layer ${layer.name} has no host`)
      for (const host of layer.hosts)
        if (!wasReady(host.instance))
          throw new Error(`${name}: ${layer.name} sends traffic to ${host.instance}, which was never ready`)
    }
    if (!before) return
    const everyone = service.layers.filter((one) => one.who.kind === 'everyone')
    if (everyone.length !== 1 || !everyone[0]?.hosts.some((host) => wasReady(host.instance)))
      throw new Error(`${name}: nobody can serve everyone`)
    checkClimb(name, heightOf(before), heightOf(service), service)
  }

  function checkClimb(name: string, from: Height, to: Height, service: TableService): void {
    if (to.rollout !== undefined && gone.has(to.rollout))
      throw new Error(`${name}: ${to.rollout} was taken back and is in the table again`)
    const completed =
      from.rank === shares.length + hosts &&
      to.rank === 0 &&
      service.layers[0]?.hosts.every((host) => host.instance.endsWith(from.rollout ?? '?'))
    if (from.rollout !== undefined && to.rollout !== from.rollout && !completed) gone.add(from.rollout)
    const replaces = to.rank === shares.length + hosts
    if (to.rank > from.rank + 1 && !(replaces && from.rank === 0))
      throw new Error(`${name}: from step ${from.rank} to step ${to.rank} in one table`)
    if (to.rank !== 0 && to.rank < from.rank) throw new Error(`${name}: from step ${from.rank} down to step ${to.rank}`)
  }

  return {
    check: (before, table) => {
      const content = JSON.stringify(table.environments)
      if ((contents.get(table.generation) ?? content) !== content)
        throw new Error(`generation ${table.generation} was written twice with different contents`)
      contents.set(table.generation, content)
      for (const environment of table.environments) {
        for (const service of environment.services) {
          const old = before?.environments
            .find((one) => one.name === environment.name)
            ?.services.find((one) => one.name === service.name)
          checkService(environment.name, old, service)
        }
      }
    },
  }
}
