import { noiseOfBlocks, unmeasuredNoise, type Noise, type NoiseBlock } from './noise.ts'

/** What is remembered of how rough one service is in one environment: small, plain JSON, saved with each block. */
export interface NoiseHistory {
  /** The build that the hosts run. */
  readonly digest: string
  readonly hosts: readonly string[]
  /** Number of the last block that was taken. */
  readonly last: number
  /** Metric → its blocks, oldest first. */
  readonly blocks: Readonly<Record<string, readonly NoiseBlock[]>>
  /** What earlier hosts or builds taught, for as long as these blocks are too few. */
  readonly earlier: Readonly<Record<string, Noise>>
}

/** Five minutes of the hosts that serve everyone; each host is a group. */
export interface HostBlock {
  readonly number: number
  readonly digest: string
  readonly hosts: readonly string[]
  readonly metrics: Readonly<Record<string, NoiseBlock>>
}

/** Six hours. */
const mostBlocks = 72
/** With fewer groups than these chance looks like calm: then nothing is learned that would make the test bolder. */
const enoughGroups = 5

/** One block further; a block that is not newer than the last one is ignored. Other hosts, or another build, begin anew. */
export function takeBlock(history: NoiseHistory | undefined, block: HostBlock): NoiseHistory {
  if (history && block.number <= history.last) return history
  const same = history?.digest === block.digest && history.hosts.join(' ') === block.hosts.join(' ')
  const before = same ? history.blocks : {}
  const names = new Set([...Object.keys(before), ...Object.keys(block.metrics)])
  return {
    digest: block.digest,
    hosts: block.hosts,
    last: block.number,
    blocks: Object.fromEntries(
      [...names].map((name) => [
        name,
        [...(before[name] ?? []), ...(block.metrics[name] ? [block.metrics[name]] : [])].slice(-mostBlocks),
      ]),
    ),
    earlier: same ? history.earlier : noiseFrom(history),
  }
}

/** What was learned, by metric; a metric of which too little is known is left out, and `unmeasuredNoise` holds for it. */
export function noiseFrom(history: NoiseHistory | undefined): Readonly<Record<string, Noise>> {
  if (!history) return {}
  const learned = Object.entries(history.blocks).flatMap(([name, blocks]) => {
    const noise = noiseOfBlocks(blocks)
    return noise ? [[name, history.hosts.length < enoughGroups ? atLeastUnmeasured(noise) : noise] as const] : []
  })
  return { ...history.earlier, ...Object.fromEntries(learned) }
}

function atLeastUnmeasured({ phi, sigma }: Noise): Noise {
  return { phi: Math.max(phi, unmeasuredNoise.phi), sigma: Math.max(sigma, unmeasuredNoise.sigma) }
}
