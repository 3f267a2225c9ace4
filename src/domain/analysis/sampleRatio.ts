import { startOneArm, stepOneArm, type OneArm, type OneArmSettings } from './oneArm.ts'

/** What one gateway dealt out in a while: requests that ended, and those whose client went away. */
export interface Dealt {
  /** The share that was in force: of the canary, and of the baseline as well. */
  readonly share: number
  readonly canary: number
  readonly baseline: number
  readonly all: number
}

/** Whether one gateway deals what its table says; small, plain JSON. */
export interface SampleRatio {
  readonly share: number
  /** Dealt since the last test, and for how long. */
  readonly open: { readonly canary: number; readonly baseline: number; readonly all: number; readonly ms: number }
  readonly tests: Readonly<Record<Arm, { readonly above: OneArm; readonly below: OneArm }>>
  /** Counts since the share came into force. */
  readonly seen: { readonly canary: number; readonly baseline: number; readonly all: number }
  /** The arm that gets something else than its share. */
  readonly misdealt?: Arm
}

type Arm = 'canary' | 'baseline'

/** Chance that a gateway that deals right is accused, at one share, both arms and both sides together. */
const alpha = 1e-3
const testAlpha = alpha / 4
/** So far beside its share an arm may be: 4 % to 6 % at 5 %. A small lack is no lie of the counts. */
const tolerated = 0.2
/** Fewer requests than these, as expected of an arm, are not tested by themselves. */
const fewestExpected = 20

function settingsOf(limit: number): OneArmSettings {
  // With this cap no fewer than four tests must agree.
  return { limit, shifts: [0.1, 0.3, 0.8, 2], alpha: testAlpha, cap: Math.log(2 / testAlpha) / 3, onsetMs: 60_000 }
}

export function startSampleRatio(share: number): SampleRatio {
  const test = { above: startOneArm(settingsOf(most(share))), below: startOneArm(settingsOf(1 - least(share))) }
  const nothing = { canary: 0, baseline: 0, all: 0 }
  return { share, open: { ...nothing, ms: 0 }, tests: { canary: test, baseline: test }, seen: nothing }
}

/**
 * What a gateway dealt in `ms` milliseconds further: two e-processes for each arm against "within a fifth of its share".
 * Only for requests that are dealt one by one: sessions bring many requests with one draw. An arm that got nothing at
 * all is down, which is no lie of the gateway, and is not tested.
 * @param everyMs how much time one test takes together, at least
 */
export function stepSampleRatio(
  before: SampleRatio | undefined,
  dealt: Dealt,
  ms: number,
  everyMs: number,
): SampleRatio {
  const ratio = before?.share === dealt.share ? before : startSampleRatio(dealt.share)
  const open = { ...add(ratio.open, dealt), ms: ratio.open.ms + ms }
  const next: SampleRatio = { ...ratio, open, seen: add(ratio.seen, dealt) }
  // Closed by time and by the number of all requests, never by how they were dealt.
  if (open.ms < everyMs - 1 || open.all * dealt.share < fewestExpected) return next
  const tests = { canary: stepArm(ratio, open, 'canary'), baseline: stepArm(ratio, open, 'baseline') }
  const misdealt =
    ratio.misdealt ?? (['canary', 'baseline'] as const).find((arm) => tests[arm].above.fired || tests[arm].below.fired)
  return {
    ...next,
    open: { canary: 0, baseline: 0, all: 0, ms: 0 },
    tests,
    ...(misdealt === undefined ? {} : { misdealt }),
  }
}

function stepArm(ratio: SampleRatio, open: SampleRatio['open'], arm: Arm): SampleRatio['tests'][Arm] {
  const { above, below } = ratio.tests[arm]
  const { all: requests, ms } = open
  const got = open[arm]
  if (got === 0) return { above, below }
  return {
    above: stepOneArm(settingsOf(most(ratio.share)), above, { requests, bad: got }, ms),
    below: stepOneArm(settingsOf(1 - least(ratio.share)), below, { requests, bad: requests - got }, ms),
  }
}

function most(share: number): number {
  return share * (1 + tolerated)
}

function least(share: number): number {
  return share * (1 - tolerated)
}

function add(a: SampleRatio['seen'], b: SampleRatio['seen']): SampleRatio['seen'] {
  return { canary: a.canary + b.canary, baseline: a.baseline + b.baseline, all: a.all + b.all }
}
