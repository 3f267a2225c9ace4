import { describe, expect, test } from 'vitest'
import { judgeCell } from './catastrophe.ts'
import { noCounts, type Slice } from './counts.ts'
import { judgeSlice, readJudgement, startJudge, type JudgeState, type Regime } from './judge.ts'
import { drawHistory, healthy, quickAnalysis, runJudge, type Behaviour, type Run } from './simulated.fixture.ts'

const runs = 12

function read(state: JudgeState, regime: Regime = 'canary') {
  return readJudgement(quickAnalysis, state, regime)
}

/** Judged seconds until the verdict, per run; Infinity where it never came. */
function secondsUntil(verdict: 'pass' | 'fail', run: Omit<Run, 'seed'>, times = runs): number[] {
  const seconds: number[] = []
  for (let seed = 1; seed <= times; seed += 1) {
    let found = Number.POSITIVE_INFINITY
    runJudge({
      ...run,
      seed,
      until: (state) => {
        if (read(state, run.regime).verdict !== verdict) return false
        found = (state.judgedMs - (run.from?.judgedMs ?? 0)) / 1_000
        return true
      },
    })
    seconds.push(found)
  }
  return seconds.sort((a, b) => a - b)
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)]!
}

const broken: Behaviour = { rps: 15, bad: 0.05 }

describe('a canary beside a baseline', () => {
  test('is not rolled back when it is healthy, and its health is proven in about a minute', () => {
    expect(secondsUntil('fail', { slices: 40, canary: healthy })[0]).toBe(Number.POSITIVE_INFINITY)
    expect(median(secondsUntil('pass', { slices: 60, canary: healthy }))).toBeLessThanOrEqual(65)
  })

  test('is rolled back for 5 % errors within half a minute, and errors are named', () => {
    expect(median(secondsUntil('fail', { slices: 40, canary: broken }))).toBeLessThanOrEqual(30)
    const judgement = read(runJudge({ seed: 5, slices: 12, canary: broken }))
    expect(judgement).toMatchObject({
      verdict: 'fail',
      worst: 'errors',
      catastrophe: false,
      proven: false,
      missing: '',
    })
    const errors = judgement.perMetric[0]!
    expect(errors.canary.bad / errors.canary.requests).toBeCloseTo(0.05, 1)
    expect(errors.tolerated).toBeCloseTo((1.25 * errors.control.bad) / errors.control.requests + 0.0005, 10)
  })

  test('is rolled back when 6 % of its requests take five times as long, and the tail is named', () => {
    const slow: Behaviour = { ...healthy, slow: { share: 0.06, times: 5 } }
    expect(median(secondsUntil('fail', { slices: 60, canary: slow }))).toBeLessThanOrEqual(120)
    const state = runJudge({ seed: 3, slices: 80, canary: slow, until: (at) => read(at).verdict === 'fail' })
    expect(read(state).worst).toBe('latency-p99')
    expect(read(state).perMetric[3]!.thresholdMs).toBeGreaterThan(60)
  })

  test('is not rolled back for an incident that all arms share', () => {
    const sick = { stable: { rps: 270, bad: 0.05 }, baseline: broken }
    expect(secondsUntil('fail', { slices: 24, canary: broken, ...sick })[0]).toBe(Number.POSITIVE_INFINITY)
  })

  test('is compared with its baseline for latency, not with larger and older instances', () => {
    const slow = { rps: 15, bad: 0.001, slow: { share: 1, times: 1.3 } }
    const alike = { slices: 40, canary: slow, baseline: slow }
    expect(secondsUntil('fail', alike, 6)[0]).toBe(Number.POSITIVE_INFINITY)
    expect(
      secondsUntil('fail', { slices: 80, canary: { ...slow, slow: { share: 1, times: 2 } }, baseline: slow }, 3).at(-1),
    ).toBeLessThan(200)
  })

  test('needs more evidence where failures are known to come in bursts', () => {
    const history = drawHistory(77)
    const found = (phi: number) =>
      secondsUntil(
        'fail',
        { slices: 80, canary: { rps: 15, bad: 0.02 }, history: { ...history, noise: { errors: { phi, sigma: 0 } } } },
        5,
      )
    expect(median(found(4))).toBeGreaterThan(median(found(1)) * 1.5)
  })

  test('keeps its evidence when the share grows', () => {
    const before = runJudge({ seed: 8, slices: 20, canary: healthy })
    const after = runJudge({
      seed: 9,
      slices: 1,
      from: before,
      canary: { rps: 30, bad: 0.001 },
      baseline: { rps: 30, bad: 0.001 },
    })
    expect(read(before).proven).toBe(true)
    expect(read(after).proven).toBe(true)
    const turned = secondsUntil('fail', { slices: 30, from: after, canary: { rps: 30, bad: 0.05 } }, 4)
    expect(turned.at(-1)).toBeLessThan(60)
  })

  test('counts what really came, not what a share would have brought', () => {
    const uneven = { canary: { rps: 45, bad: 0.01 }, baseline: { rps: 5, bad: 0.01 }, stable: { rps: 100, bad: 0.01 } }
    expect(secondsUntil('fail', { slices: 30, ...uneven })[0]).toBe(Number.POSITIVE_INFINITY)
    const worse = { ...uneven, canary: { rps: 45, bad: 0.1 } }
    expect(secondsUntil('fail', { slices: 30, ...worse }, 4).at(-1)).toBeLessThan(60)
  })
})

describe('what the judge remembers', () => {
  const collect = (): { slices: Slice[]; last: JudgeState } => {
    const slices: Slice[] = []
    const last = runJudge({
      seed: 11,
      slices: 40,
      canary: { rps: 15, bad: 0.004 },
      until: (_, slice) => {
        slices.push(slice)
        return false
      },
    })
    return { slices, last }
  }

  test('is the same, bit for bit, after being stored, loaded and given old slices again', () => {
    const { slices, last } = collect()
    let state = startJudge(quickAnalysis, drawHistory(1_000_011))
    slices.forEach((slice, i) => {
      state = judgeSlice(quickAnalysis, state, slice, 'canary')
      if (i % 7 === 6) {
        state = JSON.parse(JSON.stringify(state)) as JudgeState
        for (const old of slices.slice(0, i + 1)) state = judgeSlice(quickAnalysis, state, old, 'canary')
      }
    })
    expect(JSON.stringify(state)).toBe(JSON.stringify(last))
  })

  test('differs when one count differs', () => {
    const { slices, last } = collect()
    let state = startJudge(quickAnalysis, drawHistory(1_000_011))
    slices.forEach((slice, i) => {
      const canary = i === 20 ? { ...slice.canary, bad: slice.canary.bad + 1 } : slice.canary
      state = judgeSlice(quickAnalysis, state, { ...slice, canary }, 'canary')
    })
    expect(JSON.stringify(state)).not.toBe(JSON.stringify(last))
  })

  test('is small', () => {
    const state = runJudge({ seed: 2, slices: 200, canary: healthy })
    expect(JSON.stringify(state.metrics).length).toBeLessThanOrEqual(2_048)
    expect(JSON.stringify(state).length).toBeLessThanOrEqual(2_560)
  })

  test('does not grow while thresholds are still learned', () => {
    const state = runJudge({
      seed: 2,
      slices: 3,
      canary: healthy,
      stable: { rps: 5, bad: 0 },
      history: { control: noCounts },
    })
    expect(state.learning).toBeDefined()
    expect(JSON.stringify(state).length).toBeLessThanOrEqual(3_072)
    const later = runJudge({ seed: 3, slices: 3, from: state, canary: healthy })
    expect(later.learning).toBeUndefined()
  })

  test('refuses numbers that cannot be', () => {
    const state = startJudge(quickAnalysis)
    const slice = { n: 4, fromMs: 0, toMs: 5_000, canary: noCounts, baseline: noCounts, stable: noCounts }
    const judge = (change: object) => judgeSlice(quickAnalysis, state, { ...slice, ...change }, 'canary')
    expect(() => judge({ toMs: undefined })).toThrow(/slice 4 reaches from 0 to undefined/)
    expect(() => judge({ canary: { requests: 1, bad: 2, durations: [] } })).toThrow(/canary has 2 bad of 1 requests/)
    expect(() => judge({ stable: { requests: Number.NaN, bad: 0, durations: [] } })).toThrow(/stable has 0 bad of NaN/)
    expect(judge({}).idleSlices).toBe(1)
  })
})

describe('the start-up', () => {
  const long = { ...quickAnalysis, startUpMs: 60_000 }

  test('does not turn a bet round where four times the rate is more than everything', () => {
    let worst = 0
    runJudge({
      settings: long,
      seed: 4,
      slices: 12,
      regime: 'batch',
      canary: { rps: 75, bad: 0.001 },
      stable: { rps: 225, bad: 0.001 },
      until: (state) => {
        worst = Math.max(worst, readJudgement(long, state, 'batch').harm)
        return false
      },
    })
    expect(worst).toBeLessThanOrEqual(1)
    const slow = { rps: 75, bad: 0.001, slow: { share: 1, times: 2 } }
    const after = runJudge({
      settings: long,
      seed: 4,
      slices: 30,
      regime: 'batch',
      canary: slow,
      stable: { rps: 225, bad: 0.001 },
    })
    expect(readJudgement(long, after, 'batch').verdict).toBe('fail')
  })

  test('forgives the errors of a cold start beside old instances, and not those that stay', () => {
    const cold: Behaviour = { rps: 100, bad: 0.008 }
    const stable: Behaviour = { rps: 1_500, bad: 0.001 }
    const during = runJudge({ settings: long, seed: 5, slices: 12, canary: cold, baseline: cold, stable })
    expect(readJudgement(long, during, 'canary').harm).toBeLessThanOrEqual(1)
    const after = runJudge({
      settings: long,
      seed: 6,
      slices: 30,
      from: during,
      canary: cold,
      baseline: { rps: 100, bad: 0.001 },
    })
    expect(readJudgement(long, after, 'canary').verdict).toBe('fail')
  })

  test('leaves the proof of health alone, so that it can follow', () => {
    const during = runJudge({ settings: long, seed: 6, slices: 12, canary: healthy })
    expect(readJudgement(long, during, 'canary').perMetric[0]!.health).toBe(1)
    const after = runJudge({ settings: long, seed: 7, slices: 30, from: during, canary: healthy })
    expect(readJudgement(long, after, 'canary').verdict).toBe('pass')
  })

  test('begins again when young hosts join', () => {
    const before = runJudge({ seed: 6, slices: 12, canary: healthy })
    const arm = { requests: 200, bad: 1, durations: [] }
    const slice = {
      n: before.n + 5,
      fromMs: 0,
      toMs: 5_000,
      canary: arm,
      baseline: arm,
      stable: { ...arm, requests: 800 },
    }
    const fresh = judgeSlice(quickAnalysis, before, { ...slice, freshHosts: true }, 'canary')
    expect(fresh.youngUntilMs).toBe(before.judgedMs + quickAnalysis.startUpMs)
    expect(judgeSlice(quickAnalysis, before, slice, 'canary').youngUntilMs).toBe(before.youngUntilMs)
  })
})

describe('what the new build is compared with', () => {
  const proven = runJudge({ seed: 21, slices: 40, canary: healthy })
  const sick: Behaviour = { rps: 150, bad: 0.2 }
  const stable: Behaviour = { rps: 150, bad: 0.001 }

  test('hosts on the old build find a regression that comes with the first batch within 50 s', () => {
    const run = { from: proven, regime: 'batch', slices: 20, baseline: { rps: 0, bad: 0 }, stable } as const
    expect(secondsUntil('fail', { ...run, canary: sick }, 4).at(-1)).toBeLessThanOrEqual(50)
    expect(secondsUntil('fail', { ...run, canary: stable }, 4)[0]).toBe(Number.POSITIVE_INFINITY)
  })

  test('two slices of sudden errors are enough to hold the next batch, healthy ones are not', () => {
    const batch = { from: proven, regime: 'batch', slices: 2, baseline: { rps: 0, bad: 0 }, stable } as const
    expect(read(proven).suspected).toBe(false)
    expect(read(runJudge({ ...batch, seed: 1, canary: sick }), 'batch').suspected).toBe(true)
    expect(read(runJudge({ ...batch, seed: 1, canary: stable }), 'batch').suspected).toBe(false)
    // After a long healthy time the whole evidence has not yet turned; that of the latest slices has.
    const long = runJudge({ seed: 22, slices: 200, from: proven, canary: healthy })
    const late = read(runJudge({ ...batch, from: long, seed: 1, canary: sick }), 'batch')
    expect(late.harm).toBeLessThan(1)
    expect(late.suspected).toBe(true)
  })

  test('a control that serves less than a quarter is none: errors stay with the guard', () => {
    const few = { from: proven, regime: 'batch', slices: 6, baseline: { rps: 0, bad: 0 } } as const
    const alone = runJudge({ ...few, seed: 1, canary: { rps: 250, bad: 0.05 }, stable: { rps: 50, bad: 0.001 } })
    expect(alone.metrics[0]!.harm).toEqual(proven.metrics[0]!.harm)
    const quarter = runJudge({ ...few, seed: 1, canary: { rps: 210, bad: 0.05 }, stable: { rps: 90, bad: 0.001 } })
    expect(quarter.metrics[0]!.harm).not.toEqual(proven.metrics[0]!.harm)
  })

  test('without any control 20 % errors trip the guard within a minute, 5 % never do', () => {
    const past = {
      from: proven,
      regime: 'past',
      slices: 30,
      baseline: { rps: 0, bad: 0 },
      stable: { rps: 0, bad: 0 },
    } as const
    expect(secondsUntil('fail', { ...past, canary: { rps: 300, bad: 0.2 } }, 3).at(-1)).toBeLessThanOrEqual(60)
    const few = runJudge({ ...past, slices: 6, seed: 1, canary: { rps: 150, bad: 0.05 }, stable })
    expect(few.metrics[0]!.harm).toEqual(proven.metrics[0]!.harm)
    const bad = runJudge({ ...past, seed: 1, canary: { rps: 300, bad: 0.2 } })
    expect(read(bad, 'past')).toMatchObject({ verdict: 'fail', guard: 'errors' })
    expect(secondsUntil('fail', { ...past, canary: { rps: 300, bad: 0.05 } }, 3)[0]).toBe(Number.POSITIVE_INFINITY)
  })

  test('time without a control still counts as judged, time without requests never', () => {
    const past = { from: proven, regime: 'past', baseline: { rps: 0, bad: 0 }, stable: { rps: 0, bad: 0 } } as const
    expect(runJudge({ ...past, seed: 1, slices: 2, canary: healthy }).judgedMs).toBe(proven.judgedMs + 10_000)
    const silent = runJudge({ ...past, seed: 1, slices: 3, canary: { rps: 0, bad: 0 } })
    expect(silent.judgedMs).toBe(proven.judgedMs)
    expect(read(silent, 'past')).toMatchObject({
      verdict: 'not-enough-data',
      missing: 'no requests to judge in the last 15 s',
    })
    expect(read(proven).verdict).toBe('pass')
  })
})

test('a proof on the coarse line comes first', () => {
  let coarse = 0
  const state = runJudge({
    seed: 4,
    slices: 60,
    canary: healthy,
    until: (at) => {
      if (coarse === 0 && read(at).provenCoarse) coarse = at.judgedMs
      return read(at).proven
    },
  })
  expect(coarse).toBeGreaterThan(0)
  expect(coarse).toBeLessThanOrEqual(state.judgedMs)
})

test('what is missing is said in plain words', () => {
  const state = runJudge({ seed: 4, slices: 3, canary: healthy })
  expect(read(state).missing).toMatch(
    /^no proof of health yet for errors.*latency-p99; about \d+ (s|min) more at this traffic$/,
  )
  expect(read(runJudge({ seed: 4, slices: 4, canary: { rps: 0, bad: 0 } })).missing).toBe(
    'no requests to judge in the last 20 s',
  )
})

test('the lane of the catastrophe decides alone', () => {
  let state = runJudge({ seed: 4, slices: 3, canary: healthy })
  expect(read(state).verdict).toBe('not-enough-data')
  for (let i = 0; i < 3; i += 1)
    state = { ...state, catastrophe: judgeCell(state.catastrophe, { requests: 15, bad: 15 }) }
  expect(read(state)).toMatchObject({ verdict: 'fail', catastrophe: true })
})
