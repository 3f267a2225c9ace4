import { noDurations, type SparseDurations } from '../domain/analysis/durationBuckets.ts'
import type { Counted } from '../domain/analysis/metric.ts'
import { blockOf, windowMs, windowsPerBlock, type Noise } from '../domain/analysis/noise.ts'
import { noiseFrom, takeBlock } from '../domain/analysis/noiseHistory.ts'
import type { MetricSettings } from '../domain/analysis/settings.ts'
import { learnThreshold } from '../domain/analysis/thresholds.ts'
import { settingsOf } from '../domain/promotion/planRollout.ts'
import { poolId, type Pool } from '../domain/rollout/pool.ts'
import type { Cell, Ports, Store } from './ports.ts'
import { currentOrganisation } from './world.ts'

export interface NoiseGatherer {
  /** Takes cells in the order in which they were cut. */
  readonly add: (cells: readonly Cell[]) => Promise<void>
}

const blockMs = windowsPerBlock * windowMs
/** A block with fewer windows of a host than these is no block: the host came, went, or was not measured. */
const fewestWindows = windowsPerBlock - 2

/** The block of one service that is being gathered. */
interface Open {
  readonly number: number
  readonly pool: Pool
  /** Metric → above which bucket a request counts as slow; errors have none. */
  readonly metrics: readonly { readonly name: string; readonly bucket?: number }[]
  /** Host → window → metric. */
  readonly hosts: Map<string, Map<number, Counted[]>>
  readonly durations: number[]
}

/** What was learned of a service before a rollout of it begins. */
export async function learnedNoise(
  store: Store,
  environment: string,
  service: string,
): Promise<Readonly<Record<string, Noise>>> {
  return noiseFrom((await store.load('noise', poolId(environment, service)))?.document)
}

/**
 * Gathers how rough each service is from the hosts that serve everyone, five minutes at a time. Only where there is a
 * canary: elsewhere nobody asks. What is not yet a whole block is lost with the process; the gateways keep an hour.
 */
export function createNoiseGatherer({ store }: Pick<Ports, 'store'>): NoiseGatherer {
  const open = new Map<string, Open | undefined>()

  async function begin(cell: Cell, number: number, before: Open | undefined): Promise<Open | undefined> {
    const organisation = (await currentOrganisation(store)).document
    if (!organisation.services.some((one) => one.name === cell.service)) return undefined
    const { pipeline, analysis } = settingsOf(organisation, cell.service)
    if (!pipeline.stages.some((one) => one.kind === 'canary' && one.environment === cell.environment)) return undefined
    const pool = (await store.load('pool', poolId(cell.environment, cell.service)))?.document
    if (!pool) return undefined
    const metrics = analysis.metrics.flatMap((metric) => gathered(metric, before?.durations ?? []))
    return { number, pool, metrics, hosts: new Map(), durations: noDurations() }
  }

  async function close(block: Open): Promise<void> {
    const { environment, service } = block.pool
    const id = poolId(environment, service)
    const pool = (await store.load('pool', id))?.document
    const hosts = Object.keys(block.pool.instances)
    const groups = hosts.map((host) => [...(block.hosts.get(host)?.values() ?? [])])
    // The same build on the same hosts from beginning to end, each of them measured.
    if (JSON.stringify(pool) !== JSON.stringify(block.pool)) return
    if (groups.some((windows) => windows.length < fewestWindows)) return
    const metrics = block.metrics.flatMap(({ name }, k) => {
      const counted = blockOf(groups.map((windows) => windows.flatMap((window) => window[k] ?? [])))
      return counted ? [[name, counted] as const] : []
    })
    const stored = await store.load('noise', id)
    const document = takeBlock(stored?.document, {
      number: block.number,
      digest: block.pool.stable.digest,
      hosts,
      metrics: Object.fromEntries(metrics),
    })
    if (document === stored?.document) return
    await store.commit({ documents: [{ kind: 'noise', id, revision: stored?.revision ?? 0, document, service }] })
  }

  return {
    add: async (cells) => {
      for (const cell of cells) {
        if (cell.layer !== 'stable') continue
        const key = poolId(cell.environment, cell.service)
        const number = Math.floor((cell.to - 1) / blockMs)
        const before = open.get(key)
        if (!open.has(key) || (before && before.number < number)) {
          if (before) await close(before)
          open.set(key, await begin(cell, number, before))
        }
        const block = open.get(key)
        if (block?.number === number) count(block, cell)
      }
    },
  }
}

/** A metric that can be counted: errors at once, a latency once the block before says what is slow. */
function gathered(metric: MetricSettings, durations: readonly number[]): Open['metrics'] {
  if (metric.kind === 'errors') return [{ name: metric.name }]
  const threshold = learnThreshold(durations, metric.quantile ?? 0.5, metric.tolerated.slower ?? 1)
  return threshold ? [{ name: metric.name, bucket: threshold.bucket }] : []
}

function count(block: Open, cell: Cell): void {
  const windows = block.hosts.get(cell.host) ?? new Map<number, Counted[]>()
  block.hosts.set(cell.host, windows)
  const window = Math.floor(((cell.to - 1) % blockMs) / windowMs)
  for (const [bucket, count] of cell.durations) block.durations[bucket]! += count
  const before = windows.get(window)
  windows.set(
    window,
    block.metrics.map(({ bucket }, k) => {
      const requests = bucket === undefined ? cell.requests : sumAbove(cell.durations, -1)
      const bad = bucket === undefined ? cell.bad : sumAbove(cell.durations, bucket)
      return { requests: requests + (before?.[k]?.requests ?? 0), bad: bad + (before?.[k]?.bad ?? 0) }
    }),
  )
}

/** Durations in buckets above one; a histogram is not spread out for it, since every cell of every host passes here. */
function sumAbove(durations: SparseDurations, bucket: number): number {
  let sum = 0
  for (const [at, count] of durations) if (at > bucket) sum += count
  return sum
}
