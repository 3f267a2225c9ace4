import { invariant } from '../errors.ts'
import type { Counted } from './metric.ts'

/** How much rougher one metric of a service is than independent requests; learned from the build that runs. */
export interface Noise {
  /** ≥ 1: variance of the counts of one group of instances over the binomial one; errors that come in bursts. */
  readonly phi: number
  /** ≥ 0: lasting spread between groups of instances of the same build, as standard deviation of the logarithm. */
  readonly sigma: number
}

/**
 * What is assumed when nothing was learned. A gateway counts each logical request once, so the bursts that retries make
 * of one failure never reach the counts; what stays are the stalls of a process, which hit all requests in flight. With
 * phi 2 a proof of health and a slow tail would take a quarter longer; with 1 half as many healthy builds again come
 * home in rough traffic (`bench/canary`, column "no history").
 */
export const unmeasuredNoise: Noise = { phi: 1.5, sigma: 0.1 }

const mostSigma = 0.5
/** With more than this nothing would ever be found or proven: better a test that is too quick than none. */
const mostPhi = 50
export const windowMs = 10_000
/** Windows of 10 s in a block of 5 minutes. */
export const windowsPerBlock = 30
const fewestBlocks = 6
const fewestGroups = 3
/** Bad events that a group must be expected to have before its difference from the others means anything. */
const fewestExpected = 20

/** Five minutes of every group, hiccups cut off, and the rate that they share. */
export interface NoiseBlock {
  readonly groups: readonly Counted[]
  readonly rate: number
}

/** A hiccup of one window must not pass for roughness: the cap on the evidence of a slice is there for hiccups. */
function winsorised(counted: Counted, rate: number): number {
  return Math.min(counted.bad, Math.max(4, 8 * rate * counted.requests))
}

function rateOf(groups: readonly (readonly Counted[])[]): number {
  let requests = 0
  let bad = 0
  for (const windows of groups) {
    for (const window of windows) {
      requests += window.requests
      bad += window.bad
    }
  }
  return requests === 0 ? 0 : bad / requests
}

/**
 * One block out of its windows of 10 s, per group.
 * @param rate the shared rate that hiccups are measured by; that of these windows when left out
 * @returns undefined when nothing was bad, or everything: then it says nothing about roughness
 */
export function blockOf(groups: readonly (readonly Counted[])[], rate = rateOf(groups)): NoiseBlock | undefined {
  const counts = groups.map((windows) => ({
    requests: windows.reduce((sum, one) => sum + one.requests, 0),
    bad: windows.reduce((sum, one) => sum + winsorised(one, rate), 0),
  }))
  const n = counts.reduce((sum, one) => sum + one.requests, 0)
  const x = counts.reduce((sum, one) => sum + one.bad, 0)
  return x > 0 && x < n ? { groups: counts, rate: x / n } : undefined
}

function blocksOf(groups: readonly (readonly Counted[])[]): readonly NoiseBlock[] {
  const rate = rateOf(groups)
  const count = Math.floor(Math.min(...groups.map((windows) => windows.length)) / windowsPerBlock)
  return Array.from({ length: count }, (_, block) =>
    blockOf(
      groups.map((windows) => windows.slice(block * windowsPerBlock, (block + 1) * windowsPerBlock)),
      rate,
    ),
  ).flatMap((one) => one ?? [])
}

/**
 * Learns the noise of one metric from the history of groups of instances of one build, each group as large as a canary.
 * phi is taken from 5-minute counts around their shared mean, plus one standard error; sigma from lasting differences
 * between the groups, and only when they are clear of chance.
 * @param groups per group its counts in aligned windows of 10 s, oldest first
 * @returns undefined with fewer than 3 groups or half an hour: then `unmeasuredNoise` holds.
 */
export function learnNoise(groups: readonly (readonly Counted[])[]): Noise | undefined {
  return groups.length < fewestGroups ? undefined : noiseOfBlocks(blocksOf(groups))
}

/** The same from blocks of the same groups; undefined with fewer than 3 groups or 6 blocks. */
export function noiseOfBlocks(blocks: readonly NoiseBlock[]): Noise | undefined {
  const groups = blocks[0]?.groups ?? []
  if (groups.length < fewestGroups || blocks.length < fewestBlocks) return undefined
  const ratios = groups.map((_, g) => {
    let expected = 0
    let bad = 0
    for (const block of blocks) {
      expected += block.groups[g]!.requests * block.rate
      bad += block.groups[g]!.bad
    }
    return { expected, ratio: expected === 0 ? 1 : bad / expected }
  })
  let squares = 0
  for (const block of blocks) {
    block.groups.forEach((group, g) => {
      const own = Math.min(1, block.rate * ratios[g]!.ratio)
      const variance = group.requests * own * (1 - own)
      if (variance > 0) squares += (group.bad - group.requests * own) ** 2 / variance
    })
  }
  const freedom = (groups.length - 1) * (blocks.length - 1)
  const phi = Math.min(mostPhi, Math.max(1, (squares / freedom) * (1 + Math.sqrt(2 / freedom))))
  const sigma = lastingSpread(ratios, phi)
  invariant(Number.isFinite(phi) && Number.isFinite(sigma), `noise is ${phi}, ${sigma}`)
  return { phi, sigma }
}

function lastingSpread(groups: readonly { expected: number; ratio: number }[], phi: number): number {
  const between = groups.length - 1
  const mean = groups.reduce((sum, group) => sum + group.ratio, 0) / groups.length
  const variance = groups.reduce((sum, group) => sum + (group.ratio - mean) ** 2, 0) / between
  const chance = groups.reduce((sum, group) => sum + phi / Math.max(1, group.expected), 0) / groups.length
  // Learned from too little, the spread is noise itself and would make the margin absurd.
  if (groups.some((group) => group.expected < fewestExpected)) return 0
  if (variance < chance * (1 + 2 * Math.sqrt(2 / between))) return 0
  return Math.min(mostSigma, Math.sqrt(variance - chance))
}
