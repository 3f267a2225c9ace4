import { describe, expect, test } from 'vitest'
import { decideRollout } from './decide.ts'
import { layersOf } from './layout.ts'
import {
  allWell,
  batches,
  fullPlan,
  harmful,
  healthy,
  newBuild,
  oldBuild,
  poolOf,
  rolloutOf,
} from './rollout.fixture.ts'
import type { Rollout } from './rollout.ts'
import type { RolloutSeen } from './seen.ts'

const pool = poolOf()
const now = 2_000_000

function after(rollout: Rollout, changes: Partial<RolloutSeen> = {}, nowMs = now): Rollout {
  return decideRollout(pool, rollout, allWell(pool, rollout, changes), nowMs).rollout
}

function rulesOf(rollout: Rollout, changes: Partial<RolloutSeen> = {}): readonly string[] {
  return decideRollout(pool, rollout, allWell(pool, rollout, changes), now).holds.map((hold) => hold.rule)
}

const blind = { ...healthy, verdict: 'cannot-see', blindSinceMs: now - 1_000 } as const
const silent = { inSync: true, silent: ['g1'], silentSinceMs: { g1: 123 } }
const behind = { inSync: false, silent: [] }

describe('the way there', () => {
  test('goes through every step, then bakes, then is complete: nothing is left out', () => {
    const trip: string[] = []
    let rollout = rolloutOf()
    for (let pass = 0; pass < 100 && rollout.phase !== 'complete'; pass += 1) {
      rollout = after(rollout)
      trip.push(`${rollout.phase} ${rollout.step}`)
    }
    const steps = [0, 1, 2, 3, 4, 5].flatMap((step) =>
      (step === 0 ? [] : [`preparing ${step}`]).concat(`shifting ${step}`, `holding ${step}`),
    )
    expect(trip).toEqual([...steps, 'baking 5', 'complete 5'])
    expect(rollout.endedAtMs).toBe(now)
  })

  test('a plan without a bake is complete with its last step', () => {
    const plan = { ...fullPlan, steps: batches.slice(3), bakeMs: 0 }
    expect(after(rolloutOf({ plan, phase: 'holding' })).phase).toBe('complete')
  })

  test.each([['canary-1'], ['baseline-1']])('traffic waits until %s is ready', (host) => {
    const rollout = rolloutOf({ sinceMs: now - 1 })
    const seen = allWell(pool, rollout)
    const instances = new Map(seen.instances)
    instances.set(`production-cart-${host}-r-1-2`, { ready: false, exits: 0 })
    expect(after(rollout, { instances })).toBe(rollout)
    expect(rulesOf(rollout, { instances })).toEqual(['not-ready'])
    instances.set(`production-cart-${host}-r-1-2`, { ready: true, exits: 0 })
    expect(after(rollout, { instances }).phase).toBe('shifting')
  })

  test('a shift is not in force before every live gateway has it', () => {
    const rollout = rolloutOf({ phase: 'shifting' })
    expect(after(rollout, { traffic: behind })).toBe(rollout)
    expect(rulesOf(rollout, { traffic: behind })).toEqual(['not-ready'])
    expect(after(rollout).phase).toBe('holding')
  })
})

const raises = [
  ['5 % → 10 %', rolloutOf({ phase: 'holding', step: 0 })],
  ['10 % → hosts', rolloutOf({ phase: 'holding', step: 1 })],
  ['1 → 2 hosts', rolloutOf({ phase: 'holding', step: 2 })],
  ['instances of 10 % are ready', rolloutOf({ phase: 'preparing', step: 1 })],
  ['instances of the batch are ready', rolloutOf({ phase: 'preparing', step: 3 })],
] as const

describe.each(raises)('%s', (_, rollout) => {
  test.each([
    ['harm is suspected', { judgement: { ...healthy, suspected: true } }, 'harm-suspected'],
    ['nothing can be seen', { judgement: blind }, 'cannot-see'],
    ['a gateway is silent', { traffic: silent }, 'gateway-silent'],
  ] as const)('does not happen while %s', (_what, changes, rule) => {
    expect(after(rollout, changes)).toBe(rollout)
    expect(rulesOf(rollout, changes)).toContain(rule)
  })

  test('happens otherwise', () => {
    expect(after(rollout)).not.toBe(rollout)
  })
})

test('a silent gateway is held since its last answer', () => {
  const holding = rolloutOf({ phase: 'holding', step: 0 })
  const { holds } = decideRollout(pool, holding, allWell(pool, holding, { traffic: silent }), now)
  expect(holds.find((hold) => hold.rule === 'gateway-silent')).toMatchObject({ on: 'g1', sinceMs: 123 })
})

describe('holding', () => {
  const atShare = rolloutOf({ phase: 'holding', step: 0 })
  const atLastShare = rolloutOf({ phase: 'holding', step: 1 })

  test.each([
    ['less than the minimum was judged', atShare, { judgement: { ...healthy, judgedMs: 29_999 } }, 'minimum-time'],
    ['nothing was judged', atShare, { judgement: undefined }, 'minimum-time'],
    [
      'health is not even coarsely proven',
      atShare,
      { judgement: { ...healthy, proven: false, provenCoarse: false } },
      'not-enough-data',
    ],
    [
      'health is only coarsely proven before hosts',
      atLastShare,
      { judgement: { ...healthy, proven: false } },
      'not-enough-data',
    ],
    ['a gateway lags behind', atShare, { traffic: behind }, 'not-ready'],
  ] as const)('stays while %s', (_what, rollout, changes, rule) => {
    const { judgement, ...rest } = allWell(pool, rollout, changes as Partial<RolloutSeen>)
    const seen = judgement ? { ...rest, judgement } : rest
    expect(decideRollout(pool, rollout, seen, 100_000).rollout).toBe(rollout)
    expect(decideRollout(pool, rollout, seen, 100_000).holds.map((hold) => hold.rule)).toContain(rule)
  })

  test('goes on with exactly the minimum, and a coarse proof is enough between shares', () => {
    expect(after(atShare, { judgement: { ...healthy, judgedMs: 30_000, proven: false } }, 0).step).toBe(1)
  })

  test('a batch waits until its young hosts were seen warm; a share and a batch of warm ones do not', () => {
    const atBatch = rolloutOf({ phase: 'holding', step: 2 })
    const slow = { ...healthy, judgedMs: 30_000, warmUpMs: 40_000 }
    expect(rulesOf(atBatch, { judgement: slow })).toEqual(['minimum-time'])
    expect(after(atBatch, { judgement: { ...slow, judgedMs: 40_000 } }, 0).step).toBe(3)
    expect(after(atBatch, { judgement: { ...slow, warmUpMs: 0 } }, 0).step).toBe(3)
    expect(after(atShare, { judgement: slow }, 0).step).toBe(1)
  })

  test('after the deadline it asks for a person, and a person can let it pass', () => {
    const judgement = { ...healthy, provenCoarse: false, proven: false }
    expect(rulesOf(atShare, { judgement })).toEqual(['not-enough-data', 'deadline'])
    const { holds } = decideRollout(pool, atShare, allWell(pool, atShare, { judgement }), now)
    expect(holds[1]).toMatchObject({
      sinceMs: 600_000,
      untilMs: 600_000 + 3_600_000,
      text: expect.stringContaining('600 s at 5 % have passed without a proof of health'),
    })
    expect(after({ ...atShare, passedStep: 0 }, { judgement }).step).toBe(1)
    expect(after({ ...atLastShare, passedStep: 0 }, { judgement })).toEqual({ ...atLastShare, passedStep: 0 })
  })

  test('a step that was passed is not held again while its successor starts', () => {
    const suspected = { judgement: { ...healthy, suspected: true } }
    const preparing = rolloutOf({ phase: 'preparing', step: 1 })
    expect(after({ ...preparing, passedStep: 0 }, suspected).phase).toBe('shifting')
    expect(after(preparing, suspected)).toBe(preparing)
  })

  test('without an analysis the guards alone let a step pass, without a watch the clock alone', () => {
    const guards = rolloutOf({ phase: 'holding', step: 0, plan: { ...fullPlan, steps: batches, watch: 'guards' } })
    expect(after(guards, { judgement: { ...healthy, proven: false, provenCoarse: false } }).step).toBe(1)
    const facts = rolloutOf({ phase: 'holding', step: 0, plan: { ...fullPlan, steps: batches, watch: 'facts' } })
    expect(after(facts, {}, 9_999)).toBe(facts)
    expect(after(facts, {}, 10_000).step).toBe(1)
  })
})

describe('baking', () => {
  const baking = rolloutOf({ phase: 'baking', step: 5 })

  test.each([
    ['the bake was not judged long enough', { ...healthy, judgedMs: 59_999 }],
    ['harm is suspected', { ...healthy, suspected: true }],
    ['nothing can be seen', blind],
  ])('does not end while %s', (_, judgement) => {
    expect(after(baking, { judgement })).toBe(baking)
    expect(rulesOf(baking, { judgement })).not.toEqual([])
  })

  test('ends after its time; a person cannot shorten it, only let a doubt pass', () => {
    expect(after(baking, { judgement: { ...healthy, judgedMs: 60_000 } }).phase).toBe('complete')
    const passed = { ...baking, passedStep: 6 }
    expect(after(passed, { judgement: { ...healthy, judgedMs: 59_999 } })).toBe(passed)
    expect(after(passed, { judgement: { ...healthy, suspected: true } }).phase).toBe('complete')
  })

  test('without requests a person lets it end, once it was watched for its time', () => {
    const idle = { ...healthy, judgedMs: 0, watchedMs: 60_000 }
    const passed = { ...baking, passedStep: 6 }
    expect(after(baking, { judgement: idle })).toBe(baking)
    expect(after(passed, { judgement: { ...idle, watchedMs: 59_999 } })).toBe(passed)
    expect(after(passed, { judgement: idle }).phase).toBe('complete')
  })
})

describe('the way back', () => {
  const wish = { kind: 'back', cause: 'command', text: 'aborted by ada', atMs: 1 } as const
  const everywhere = (['preparing', 'shifting', 'holding'] as const)
    .flatMap((phase) => [0, 1, 2, 3, 4, 5].map((step) => rolloutOf({ phase, step })))
    .concat(rolloutOf({ phase: 'baking', step: 5 }))

  test.each(
    everywhere.map((rollout) => [`${rollout.phase} ${rollout.step}`, rollout] as const),
  )('from %s one decision puts everyone on the old build', (_, rollout) => {
    const oneOldHost = new Map([['production-cart-3-0', { ready: true, exits: 0 }]])
    const back = after({ ...rollout, wish }, { instances: oneOldHost })
    expect(back).toMatchObject({
      phase: 'rolling-back',
      back: { cause: 'command', shifted: true, confirmed: false, decidedAtMs: now },
    })
    expect(layersOf(pool, back)).toEqual([
      {
        name: 'stable',
        who: { kind: 'everyone' },
        build: oldBuild,
        watched: false,
        hosts: [1, 2, 3, 4].map((host) => ({ id: String(host), instance: `production-cart-${host}-0` })),
      },
    ])
  })

  test('without kept hosts the traffic stays where it is until one old host can receive', () => {
    const plan = { ...fullPlan, keepPrevious: 'none' } as const
    const baking = rolloutOf({ phase: 'baking', step: 5, plan, wish })
    const newOnes = new Map([1, 2, 3, 4].map((host) => [`production-cart-${host}-r-1-2`, { ready: true, exits: 0 }]))
    const waiting = after(baking, { instances: newOnes })
    expect(waiting).toMatchObject({ phase: 'rolling-back', back: { shifted: false } })
    expect(layersOf(pool, waiting)).toEqual(layersOf(pool, baking))
    expect(after(waiting, { instances: newOnes })).toBe(waiting)
    expect(rulesOf(waiting, { instances: newOnes })).toEqual(['not-ready'])
    newOnes.set('production-cart-2-0', { ready: true, exits: 0 })
    expect(after(waiting, { instances: newOnes }).back?.shifted).toBe(true)
  })

  test.each(
    everywhere.map((rollout) => [`${rollout.phase} ${rollout.step}`, rollout] as const),
  )('while no old host can receive, %s keeps exactly the layers it had: a share does not rise on the way back', (_, rollout) => {
    const back = after({ ...rollout, wish }, { instances: new Map() })
    expect(back.back?.shifted).toBe(false)
    expect(layersOf(pool, back)).toEqual(layersOf(pool, rollout))
  })

  test('ends only when the gateways have it, the guests are gone and all old hosts are ready', () => {
    const going = after(rolloutOf({ phase: 'holding', step: 1, wish }))
    const old = new Map([1, 2, 3, 4].map((host) => [`production-cart-${host}-0`, { ready: true, exits: 0 }]))
    const guest = new Map(old).set('production-cart-canary-1-r-1-2', { ready: true, exits: 0 })
    const lame = new Map(old).set('production-cart-4-0', { ready: false, exits: 1 })
    expect(after(going, { instances: old, traffic: behind })).toBe(going)
    const confirmed = after(going, { instances: guest, traffic: { inSync: true, appliedAtMs: now + 3, silent: [] } })
    expect(confirmed.back).toMatchObject({ confirmed: true, appliedAtMs: now + 3 })
    expect(after(confirmed, { instances: guest })).toBe(confirmed)
    expect(after(confirmed, { instances: lame })).toBe(confirmed)
    for (const instances of [guest, lame]) expect(rulesOf(confirmed, { instances })).toEqual(['not-ready'])
    expect(after(confirmed, { instances: old })).toMatchObject({ phase: 'rolled-back', endedAtMs: now })
  })

  test.each(
    everywhere.map((rollout) => [`${rollout.phase} ${rollout.step}`, rollout] as const),
  )('a failure of the judge takes %s back, with its numbers', (_, rollout) => {
    expect(after(rollout, { judgement: harmful }).back).toMatchObject({
      cause: 'analysis',
      metric: 'errors',
      tolerated: 0.0018,
      canary: { requests: 100, bad: 5 },
      firstBadAtMs: 7,
    })
    expect(after(rollout).phase).not.toBe('rolling-back')
  })

  test.each([
    ['crash-loop', 'crash-loop'],
    ['not-ready', 'not-ready'],
    ['store-failed', 'not-ready'],
    ['cannot-start', 'not-ready'],
  ])('an instance of the new build that fails with %s is a reason, one of the old build is none', (cause, expected) => {
    const rollout = rolloutOf({ phase: 'holding', step: 0 })
    const failing = (id: string) => ({
      instances: new Map(allWell(pool, rollout).instances).set(id, {
        ready: false,
        exits: 3,
        failure: { cause, text: 'it ended' },
      }),
    })
    expect(after(rollout, failing('production-cart-canary-1-r-1-2')).back?.cause).toBe(expected)
    expect(after(rollout, failing('production-cart-baseline-1-r-1-2')).back).toBeUndefined()
    expect(after(rollout, failing('production-cart-1-0')).back).toBeUndefined()
  })

  const share = rolloutOf({ phase: 'holding', step: 0 })
  const batch = rolloutOf({ phase: 'holding', step: 3 })
  test.each([
    ['unwatched', share, { ...healthy, unwatched: true }, 0],
    ['cannot-see', share, { ...blind, blindSinceMs: 0 }, 60_000],
    ['cannot-see', batch, { ...blind, blindSinceMs: 0 }, 300_000],
    ['held-too-long', share, { ...healthy, provenCoarse: false, suspected: true }, 600_000 + 3_600_000],
  ] as const)('%s takes it back, and not a moment earlier', (cause, rollout, judgement, atMs) => {
    expect(after(rollout, { judgement }, atMs).back?.cause).toBe(cause)
    if (atMs > 0) expect(after(rollout, { judgement }, atMs - 1).back).toBeUndefined()
  })

  test.each([
    ['analysis', 'production-cart-baseline-1-r-1-2'],
    ['facts', 'production-cart-1-r-1-2'],
  ] as const)('with %s, an instance that is never ready takes it back at the deadline of a step', (watch, id) => {
    const steps = watch === 'facts' ? batches : fullPlan.steps
    const preparing = rolloutOf({ phase: 'preparing', plan: { ...fullPlan, watch, steps } })
    const well = allWell(pool, preparing)
    const failure = { cause: 'not-ready', text: 'host "baseline-1" did not answer' }
    const instances = new Map([...well.instances, [id, { ready: false, exits: 0 }]])
    const inTime = decideRollout(pool, preparing, { ...well, instances }, 599_999)
    expect(inTime.rollout).toBe(preparing)
    expect(inTime.holds).toMatchObject([{ rule: 'not-ready', on: id }])
    const late = decideRollout(pool, preparing, { ...well, instances }, 600_000).rollout
    expect(late).toMatchObject({ phase: 'rolling-back', back: { cause: 'not-ready', shifted: true } })
    expect(late.back?.text).toContain(id)
    const said = new Map([...well.instances, ['production-cart-baseline-1-r-1-2', { ready: false, exits: 0, failure }]])
    if (watch === 'analysis') {
      expect(decideRollout(pool, preparing, { ...well, instances: said }, 1).holds[0]?.text).toContain(failure.text)
      expect(after(preparing, { instances: said }, 600_000).back?.text).toContain(failure.text)
    }
    // Ready after all, however late: it goes on.
    expect(after(preparing, {}, 600_000).phase).toBe('shifting')
  })

  test('a step whose time does not pass without requests says what a person can do', () => {
    const holding = rolloutOf({ phase: 'holding', step: 2 })
    const none = { ...healthy, judgedMs: 0 }
    const [minimum] = decideRollout(pool, holding, allWell(pool, holding, { judgement: none }), now).holds
    expect(minimum).toMatchObject({
      rule: 'minimum-time',
      help: expect.stringContaining('promotion pass p-1 --reason'),
    })
    expect(after({ ...holding, passedStep: 2 }, { judgement: none })).toMatchObject({ phase: 'preparing', step: 3 })
  })

  test('only a share can be unwatched', () => {
    expect(after(batch, { judgement: { ...healthy, unwatched: true } }).back).toBeUndefined()
  })

  test('facts alone do not ask the judge', () => {
    const facts = rolloutOf({ phase: 'holding', plan: { ...fullPlan, watch: 'facts', steps: batches } })
    expect(after(facts, { judgement: harmful }, 0)).toBe(facts)
  })
})

test.each([
  'complete',
  'rolled-back',
] as const)('%s is the end: nothing moves it, nothing holds it, nothing wakes it', (phase) => {
  const ended = rolloutOf({ phase, step: 5, wish: { kind: 'back', cause: 'command', text: 'late', atMs: 1 } })
  expect(decideRollout(pool, ended, allWell(pool, ended, { judgement: harmful }), now)).toEqual({
    rollout: ended,
    holds: [],
  })
  expect(newBuild).not.toEqual(oldBuild)
})

describe('a hold on the way back says what is the case', () => {
  const back = { cause: 'analysis', text: 'back', decidedAtMs: 1, inForce: 1 } as const
  const textOf = (changes: { shifted: boolean; confirmed: boolean }, seen: Partial<RolloutSeen>) => {
    const rollout = rolloutOf({ phase: 'rolling-back', step: 1, back: { ...back, ...changes } })
    const { rollout: next, holds } = decideRollout(pool, rollout, allWell(pool, rollout, seen), now)
    expect(next).toBe(rollout)
    return holds.map((hold) => hold.text).join('; ')
  }
  const left = new Map([
    ...allWell(pool, rolloutOf({ phase: 'rolled-back' })).instances,
    ['production-cart-canary-1-r-1-2', { ready: true, exits: 0 }],
  ])

  test('before the gateways have the table nothing is back yet', () => {
    expect(textOf({ shifted: true, confirmed: false }, { traffic: behind, instances: left })).toBe(
      'the gateways have not all confirmed the table that takes it back',
    )
  })

  test('afterwards only instances are left', () => {
    expect(textOf({ shifted: true, confirmed: true }, { instances: left })).toBe(
      '1 instance that nobody needs any more still ends',
    )
  })

  test('while no old host can serve, the new build answers', () => {
    expect(textOf({ shifted: false, confirmed: false }, { instances: new Map() })).toBe(
      'no host of old can serve yet, so new still answers',
    )
  })
})
