import type { Dealt } from '../domain/analysis/sampleRatio.ts'
import { stepInForce } from '../domain/rollout/layout.ts'
import type { Rollout } from '../domain/rollout/rollout.ts'
import type { Cell, PoolHost } from './ports.ts'

export interface Dealing {
  readonly rollout: Rollout
  /** Cells of one second of the rollout's service. */
  readonly cells: readonly Cell[]
  readonly fromMs: number
  readonly toMs: number
  /** What the gateways say of the hosts now. */
  readonly hosts: readonly PoolHost[]
  readonly nowMs: number
}

/** What the gateways say of hosts holds for seconds that ended so lately, in milliseconds. */
const lately = 5_000
const layers = ['canary', 'baseline', 'stable'] as const

/**
 * How a second was dealt, or nothing where that is no sign of how the gateway deals: the share was not in force for all
 * of it, or a host was down, so that the next layer in line answered for it.
 */
export function dealtIn({ rollout, cells, fromMs, toMs, hosts, nowMs }: Dealing): Dealt | undefined {
  const step = rollout.plan.steps[stepInForce(rollout)]
  if (step?.kind !== 'share' || (rollout.phase !== 'holding' && rollout.phase !== 'preparing')) return undefined
  if (fromMs < rollout.sinceMs || nowMs - toMs > lately) return undefined
  const own = hosts.filter((one) => one.environment === rollout.environment && one.service === rollout.service)
  const isUp = (layer: string) => {
    const hostsOf = own.filter((one) => one.layer === layer && !one.draining)
    return hostsOf.length > 0 && hostsOf.every((one) => one.up && Date.parse(one.since) <= fromMs)
  }
  if (!layers.every(isUp)) return undefined
  const count = (layer: string) =>
    cells.filter((one) => one.layer === layer).reduce((sum, one) => sum + one.requests + one.aborted, 0)
  const [canary, baseline, stable] = [count('canary'), count('baseline'), count('stable')]
  return { share: step.share, canary, baseline, all: canary + baseline + stable }
}
