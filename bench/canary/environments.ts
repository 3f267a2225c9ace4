import type { Prng } from './prng.ts'

/** What disturbs the traffic of a service whose canary is healthy; every field is off at its neutral value. */
export interface Environment {
  readonly name: string
  /** Slow swing of the level that all arms share, ± this part. */
  readonly drift: number
  /** Shared incidents, every 15 min for 30 s: so many times the level. */
  readonly incidents: number
  /** Bad events come in clusters of geometric size with this mean. */
  readonly clusters: number
  /** Noise of one group: standard deviation and memory in seconds. */
  readonly noise: number
  readonly noiseSeconds: number
  /** Lasting log-spread per instance; a canary is two of forty. */
  readonly spread: number
  /** One group has so many times the level for 10 s, every 30 min. */
  readonly hiccups: number
  /** A fresh group starts with so many times the level, decaying with this memory in seconds. */
  readonly cold: number
  readonly coldSeconds: number
}

const calm = {
  drift: 0,
  incidents: 1,
  clusters: 1,
  noise: 0,
  noiseSeconds: 60,
  spread: 0,
  hiccups: 1,
  cold: 1,
  coldSeconds: 60,
}

export const clean: Environment = { ...calm, name: 'clean' }

export const mild: Environment = {
  ...calm,
  name: 'mild mix',
  drift: 0.3,
  incidents: 10,
  clusters: 1.5,
  noise: 0.2,
  noiseSeconds: 120,
  spread: 0.1,
  hiccups: 10,
  cold: 3,
  coldSeconds: 30,
}

export const harsh: Environment = {
  ...calm,
  name: 'harsh mix',
  drift: 0.3,
  incidents: 10,
  clusters: 3,
  noise: 0.3,
  noiseSeconds: 120,
  spread: 0.2,
  hiccups: 20,
  cold: 5,
  coldSeconds: 60,
}

/** The eleven worlds of bad events. */
export const errorEnvironments: readonly Environment[] = [
  clean,
  { ...calm, name: 'shared drift+incidents', drift: 0.3, incidents: 10 },
  { ...calm, name: 'clustered 3', clusters: 3 },
  { ...calm, name: 'clustered 10', clusters: 10 },
  { ...calm, name: 'group noise 60 s', noise: 0.5 },
  { ...calm, name: 'group noise 600 s', noise: 0.5, noiseSeconds: 600 },
  { ...calm, name: 'instance spread 30 %', spread: 0.3 },
  { ...calm, name: 'one-arm hiccups x50', hiccups: 50 },
  { ...calm, name: 'cold start x5, 60 s', cold: 5 },
  mild,
  harsh,
]

export const mildLatency: Environment = {
  ...calm,
  name: 'mild',
  drift: 0.1,
  incidents: 1.5,
  noise: 0.03,
  noiseSeconds: 120,
  spread: 0.03,
  cold: 1.3,
  coldSeconds: 30,
}

export const harshLatency: Environment = {
  ...calm,
  name: 'harsh',
  drift: 0.2,
  incidents: 2,
  noise: 0.06,
  noiseSeconds: 120,
  spread: 0.06,
  cold: 2,
}

/** The eight worlds of durations; levels multiply the duration itself. */
export const latencyEnvironments: readonly Environment[] = [
  clean,
  { ...calm, name: 'shared drift 10 % + incidents x1.5', drift: 0.1, incidents: 1.5 },
  { ...calm, name: 'group noise 5 %, 60 s', noise: 0.05 },
  { ...calm, name: 'group noise 5 %, 600 s', noise: 0.05, noiseSeconds: 600 },
  { ...calm, name: 'instance spread 5 %', spread: 0.05 },
  { ...calm, name: 'cold start x2, 60 s', cold: 2 },
  mildLatency,
  harshLatency,
]

/** The level of each arm, tick by tick; 1 is the base level. */
export interface Levels {
  readonly next: () => { readonly canary: number; readonly baseline: number; readonly stable: number }
}

const instancesPerGroup = 2
const stableGroups = 18

/** Noise of one group with a memory: stationary, mean of its exponential 1. */
function noiseOf(prng: Prng, sd: number, memorySeconds: number, tickSeconds: number): () => number {
  if (sd === 0) return () => 1
  const kept = Math.exp(-tickSeconds / memorySeconds)
  let log = sd * prng.normal()
  return () => {
    log = kept * log + sd * Math.sqrt(1 - kept * kept) * prng.normal()
    return Math.exp(log - (sd * sd) / 2)
  }
}

function hiccupsOf(prng: Prng, factor: number, tickSeconds: number): () => number {
  if (factor === 1) return () => 1
  let left = 0
  return () => {
    if (left > 0) left -= tickSeconds
    else if (prng.uniform() < tickSeconds / 1_800) left = 10
    return left > 0 ? factor : 1
  }
}

function groupOf(prng: Prng, at: Environment, tickSeconds: number, fresh: boolean): () => number {
  const own = Math.exp((at.spread / Math.sqrt(instancesPerGroup)) * prng.normal())
  const noise = noiseOf(prng, at.noise, at.noiseSeconds, tickSeconds)
  const hiccup = hiccupsOf(prng, at.hiccups, tickSeconds)
  let second = 0
  return () => {
    const cold = fresh ? 1 + (at.cold - 1) * Math.exp(-second / at.coldSeconds) : 1
    second += tickSeconds
    return own * noise() * hiccup() * cold
  }
}

function sharedOf(prng: Prng, at: Environment, tickSeconds: number): () => number {
  const phase = prng.uniform() * 2 * Math.PI
  let second = 0
  let incident = 0
  return () => {
    if (incident > 0) incident -= tickSeconds
    else if (at.incidents !== 1 && prng.uniform() < tickSeconds / 900) incident = 30
    second += tickSeconds
    return (1 + at.drift * Math.sin(phase + (2 * Math.PI * second) / 1_500)) * (incident > 0 ? at.incidents : 1)
  }
}

/** Levels of canary, an equal-size baseline started with it, and the rest of production. */
export function levelsOf(prng: Prng, at: Environment, tickSeconds: number): Levels {
  const shared = sharedOf(prng, at, tickSeconds)
  const canary = groupOf(prng, at, tickSeconds, true)
  const baseline = groupOf(prng, at, tickSeconds, true)
  const averaged = { ...at, noise: at.noise / Math.sqrt(stableGroups), spread: at.spread / Math.sqrt(stableGroups) }
  const rest = groupOf(prng, { ...averaged, hiccups: 1 }, tickSeconds, false)
  const hiccups = Array.from({ length: stableGroups }, () => hiccupsOf(prng, at.hiccups, tickSeconds))
  return {
    next: () => {
      const level = shared()
      let hiccup = 0
      for (const one of hiccups) hiccup += one()
      return {
        canary: level * canary(),
        baseline: level * baseline(),
        stable: (level * rest() * hiccup) / stableGroups,
      }
    },
  }
}

/** Levels of `groups` old groups of canary size, for what can be learned before the start. */
export function oldLevelsOf(prng: Prng, at: Environment, groups: number, tickSeconds: number): () => number[] {
  const shared = sharedOf(prng, at, tickSeconds)
  const each = Array.from({ length: groups }, () => groupOf(prng, at, tickSeconds, false))
  return () => {
    const level = shared()
    return each.map((group) => level * group())
  }
}
