import { describe, expect, test } from 'vitest'
import type { Slice } from './counts.ts'
import { judgeSlice, readJudgement, type JudgeState, type Regime } from './judge.ts'
import { drawArm, quickAnalysis, runJudge, seeded, type Behaviour } from './simulated.fixture.ts'
import { longestWarmUpMs, startWarmUp, stepWarmUp, type WarmUp } from './warmUp.ts'

const sliceMs = 5_000
const none: Behaviour = { rps: 0, bad: 0 }
const warm: Behaviour = { rps: 15, bad: 0.001 }
/** Nearly all of its requests take half as long again. */
const cold: Behaviour = { rps: 15, bad: 0.001, slow: { share: 0.9, times: 1.8 } }

function learn(behaviours: readonly Behaviour[], seed = 1): WarmUp {
  const uniform = seeded(seed)
  let known = startWarmUp()
  behaviours.forEach((baseline, at) => {
    const stable = drawArm(uniform, { rps: 270, bad: 0.001 }, sliceMs)
    known = stepWarmUp(known, drawArm(uniform, baseline, sliceMs), stable, (at + 1) * sliceMs)
  })
  return known
}

describe('how long a young instance is slow', () => {
  test('is when the baseline was last slower than stable', () => {
    expect(learn([cold, cold, cold, warm, warm, warm]).coldMs).toBe(3 * sliceMs)
    expect(learn([cold, warm, cold, warm, warm]).coldMs).toBe(3 * sliceMs)
  })

  test('is nothing where it is as fast from the start, in 60 of 60 draws', () => {
    for (let seed = 1; seed <= 60; seed += 1) expect(learn(Array(20).fill(warm), seed).coldMs).toBe(0)
  })

  test('what comes after two warm slices is not youth', () => {
    expect(learn([warm, warm, cold, cold]).coldMs).toBe(0)
    expect(learn([cold, warm, warm, cold]).coldMs).toBe(sliceMs)
  })

  test('is five minutes at most', () => {
    expect(learn(Array(100).fill(cold)).coldMs).toBe(longestWarmUpMs)
  })

  test('slices with hardly a request say nothing', () => {
    expect(learn([cold, { ...warm, rps: 1 }, { ...warm, rps: 1 }, cold, warm, warm]).coldMs).toBe(4 * sliceMs)
    expect(learn([none, none])).toEqual(startWarmUp())
  })
})

describe('a batch whose hosts are young', () => {
  const uniform = seeded(5)
  const arm = (behaviour: Behaviour) => drawArm(uniform, behaviour, sliceMs)
  const settings = quickAnalysis
  const step = (
    state: JudgeState,
    arms: Pick<Slice, 'canary' | 'baseline' | 'stable'>,
    regime: Regime,
    fresh = false,
  ) =>
    judgeSlice(
      settings,
      state,
      {
        n: state.n + 5,
        fromMs: state.n * 1_000,
        toMs: state.n * 1_000 + sliceMs,
        ...arms,
        ...(fresh ? { freshHosts: true } : {}),
      },
      regime,
    )
  const busy = (behaviour: Behaviour): Behaviour => ({ ...behaviour, rps: 75 })
  const old: Behaviour = { rps: 225, bad: 0.001 }

  /** A canary stage in which canary and baseline were cold for so many slices, until health was proven. */
  function canaryStage(coldSlices: number): JudgeState {
    let state = runJudge({ settings, seed: 3, slices: coldSlices, canary: cold, baseline: cold })
    state = runJudge({ settings, seed: 4, slices: 60, canary: warm, from: state, until: (at) => read(at).proven })
    expect(read(state)).toMatchObject({ proven: true, suspected: false })
    return state
  }
  function read(state: JudgeState, regime: Regime = 'canary') {
    return readJudgement(settings, state, regime)
  }
  function batch(from: JudgeState, coldSlices: number, slices: number): JudgeState {
    let state = from
    for (let i = 0; i < slices; i += 1) {
      const canary = arm(busy(i < coldSlices ? cold : warm))
      state = step(state, { canary, baseline: arm(none), stable: arm(old) }, 'batch', i === 0)
    }
    return state
  }

  test('is not sent home for what the baseline was too when it was young', () => {
    const stage = canaryStage(5)
    expect(stage.warmUp.coldMs).toBe(5 * sliceMs)
    const after = batch(stage, 5, 12)
    expect(read(after, 'batch').verdict).not.toBe('fail')
    expect(read(after, 'batch').suspected).toBe(false)
  })

  test('is not sent home for its first seconds either, where the baseline, with a twentieth of the requests, was never slow', () => {
    const stage = canaryStage(0)
    expect(stage.warmUp.coldMs).toBe(0)
    const after = batch(stage, 2, 12)
    expect(read(after, 'batch')).toMatchObject({ suspected: false })
    expect(read(after, 'batch').verdict).not.toBe('fail')
  })

  test('is sent home for what outlasts two slices and the baseline did not show', () => {
    expect(read(batch(canaryStage(0), 8, 8), 'batch').verdict).toBe('fail')
  })

  test('is compared for errors from its first second on', () => {
    let state = canaryStage(5)
    for (let i = 0; i < 5; i += 1)
      state = step(
        state,
        { canary: arm(busy({ ...warm, bad: 0.2 })), baseline: arm(none), stable: arm(old) },
        'batch',
        i === 0,
      )
    expect(read(state, 'batch').verdict).toBe('fail')
  })

  test('is sent home when it stays slow after its warm-up', () => {
    expect(read(batch(canaryStage(5), 12, 12), 'batch').verdict).toBe('fail')
  })

  test('is held until its hosts were compared for one slice after it', () => {
    expect(read(canaryStage(0)).warmUpMs).toBe(0)
    expect(read(canaryStage(5)).warmUpMs).toBe(6 * sliceMs)
  })
})
