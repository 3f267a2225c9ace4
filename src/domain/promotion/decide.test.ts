import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decidePromotion } from './decide.ts'
import {
  arrive,
  bringBack,
  failAt,
  newBuild,
  oldBuild,
  pass,
  pipeline,
  promotionOf,
  report,
  resultOf,
  rolloutIn,
  seenBy,
  stableIn,
  stagePhases,
  tripOf,
  type Trip,
} from './promotion.fixture.ts'
import { isUnderWay } from './promotion.ts'

const wish = { kind: 'abort', by: 'ada', reason: 'wrong build', atMs: 5 } as const

function inStaging(): Trip {
  const trip = tripOf()
  pass(trip)
  return trip
}

function tested(trip = inStaging()): Trip {
  arrive(trip, 'staging')
  report(trip, resultOf('answers', true), resultOf('adds', true))
  pass(trip)
  return trip
}

/** The rollout of production has reached its first batch. */
function inBatches(): Trip {
  const trip = tested()
  const rollout = rolloutIn(trip, 'production')
  trip.rollouts.set(rollout.id, { ...rollout, step: 2, phase: 'holding' })
  pass(trip)
  return trip
}

function settle(trip: Trip): void {
  for (let round = 0; round < 6 && isUnderWay(trip.promotion); round += 1) {
    pass(trip)
    bringBack(trip)
    if (trip.promotion.phase !== 'rolling-back') continue
    for (const id of Object.values(trip.promotion.returns)) {
      const rollout = trip.rollouts.get(id)
      if (rollout?.phase === 'preparing') arrive(trip, rollout.environment)
    }
  }
}

describe('the way there', () => {
  test('staging, canary, production, done; one rollout serves canary and production', () => {
    const trip = inStaging()
    expect(stagePhases(trip)).toEqual(['staging running', 'canary pending', 'production pending'])
    expect(rolloutIn(trip, 'staging')).toMatchObject({
      from: oldBuild,
      to: newBuild,
      phase: 'preparing',
      plan: { watch: 'facts', steps: [{ kind: 'hosts', hosts: 1 }] },
    })
    tested(trip)
    expect(stagePhases(trip)).toEqual(['staging passed', 'canary running', 'production pending'])
    const rollout = rolloutIn(trip, 'production')
    expect(rollout.plan.steps.map((step) => step.kind)).toEqual(['share', 'share', 'hosts', 'hosts', 'hosts', 'hosts'])
    trip.rollouts.set(rollout.id, { ...rollout, step: 2, phase: 'preparing' })
    pass(trip)
    expect(stagePhases(trip)).toEqual(['staging passed', 'canary passed', 'production running'])
    expect(trip.promotion.stages.map((stage) => stage.rollout)).toEqual(['r-7-1', 'r-7-2', 'r-7-2'])
    expect(pass(trip).create).toEqual([])
    arrive(trip, 'production')
    pass(trip)
    expect(trip.promotion).toMatchObject({
      phase: 'done',
      result: { outcome: 'done', stage: 'production', text: 'new arrived: 4 of 4 hosts of cart run it' },
    })
  })

  test('tests run only once the build has arrived, and again only those that have not ended', () => {
    const trip = inStaging()
    expect(pass(trip).runTests).toBeUndefined()
    arrive(trip, 'staging')
    expect(pass(trip)).toMatchObject({
      runTests: 'staging',
      holds: [{ rule: 'tests-running', text: '2 of 2 tests have not ended in staging' }],
    })
    report(trip, resultOf('answers', true))
    expect(pass(trip)).toMatchObject({
      runTests: 'staging',
      holds: [{ text: '1 of 2 tests have not ended in staging' }],
    })
    report(trip, resultOf('adds', true))
    expect(pass(trip).runTests).toBeUndefined()
    expect(stagePhases(trip)[0]).toBe('staging passed')
  })

  test('a service without tests passes its test stage when the build has arrived, not before', () => {
    const trip = tripOf()
    trip.tests = []
    pass(trip)
    expect(stagePhases(trip)[0]).toBe('staging running')
    arrive(trip, 'staging')
    pass(trip)
    expect(stagePhases(trip).slice(0, 2)).toEqual(['staging passed', 'canary running'])
  })

  test('a build that staging runs already is tested there without a rollout, and staging stays as it is', () => {
    const trip = tripOf()
    const pool = trip.pools.get('staging')
    if (pool) trip.pools.set('staging', { ...pool, stable: newBuild })
    expect(pass(trip)).toMatchObject({ create: [], runTests: 'staging' })
    report(trip, resultOf('answers', false))
    settle(trip)
    expect(trip.promotion).toMatchObject({
      phase: 'aborted',
      result: { outcome: 'aborted', stage: 'staging', cause: 'test' },
    })
    expect([trip.rollouts.size, stableIn(trip, 'staging')]).toEqual([0, 'new'])
  })

  test('a stage whose environment runs the build already is passed, not waited for', () => {
    const trip = tested()
    const pool = trip.pools.get('production')
    trip.rollouts.delete('r-7-2')
    if (pool) trip.pools.set('production', { ...pool, stable: newBuild })
    pass(trip)
    expect(trip.promotion.phase).toBe('done')
  })

  test('an emergency goes straight to the batches, watched by guards', () => {
    const trip = tripOf(
      promotionOf({ emergency: { reason: 'shop is down', incident: 'INC-1' } }, pipeline.stages.slice(2)),
    )
    pass(trip)
    expect(rolloutIn(trip, 'production').plan).toMatchObject({
      watch: 'guards',
      bakeMs: 60_000,
      steps: [1, 2, 3, 4].map((hosts) => ({ kind: 'hosts', hosts })),
    })
    arrive(trip, 'production')
    pass(trip)
    expect(trip.promotion.phase).toBe('done')
  })

  test('a rollback is one shift of all hosts', () => {
    const trip = tripOf(promotionOf({ kind: 'rollback' }, pipeline.stages.slice(2)))
    pass(trip)
    expect(rolloutIn(trip, 'production').plan).toMatchObject({
      watch: 'facts',
      bakeMs: 0,
      steps: [{ kind: 'hosts', hosts: 4, minimumMs: 0 }],
    })
    arrive(trip, 'production')
    pass(trip)
    expect(trip.promotion.result?.text).toBe('cart rolled back to new; 4 of 4 hosts run it')
  })

  test('a staging that another promotion is in is waited for, with a hold that names it', () => {
    const trip = tripOf()
    trip.taken.set('staging', { promotion: 'p-3', sinceMs: 400 })
    expect(pass(trip)).toMatchObject({ create: [], holds: [{ rule: 'staging-taken', on: 'p-3', sinceMs: 400 }] })
    expect(trip.promotion.phase).toBe('waiting')
    trip.taken.clear()
    pass(trip)
    expect(trip.promotion.phase).toBe('moving')
  })
})

describe('the way back', () => {
  test('a failed test stops the others and takes staging back to exactly what ran before', () => {
    const trip = inStaging()
    arrive(trip, 'staging')
    report(trip, resultOf('answers', false))
    const decision = pass(trip)
    expect(decision.runTests).toBeUndefined()
    expect(decision.create).toMatchObject([
      { id: 'r-7-4', environment: 'staging', from: newBuild, to: oldBuild, plan: { watch: 'facts' } },
    ])
    expect(trip.promotion.phase).toBe('rolling-back')
    arrive(trip, 'staging')
    pass(trip)
    expect(stableIn(trip, 'staging')).toBe('old')
    expect(trip.promotion).toMatchObject({
      phase: 'rolled-back',
      result: {
        outcome: 'rolled-back',
        stage: 'staging',
        cause: 'test',
        text: 'rolled back in staging: test "answers" failed: status 500, expected 200',
      },
    })
  })

  test('a return goes where its own trip came from, whatever the pool remembers', () => {
    const trip = inStaging()
    arrive(trip, 'staging')
    const pool = trip.pools.get('staging')
    if (pool)
      trip.pools.set('staging', {
        environment: pool.environment,
        service: pool.service,
        hosts: pool.hosts,
        stable: pool.stable,
        instances: pool.instances,
      })
    report(trip, resultOf('answers', false))
    expect(pass(trip).create[0]?.to).toEqual(oldBuild)
  })

  test.each([
    ['in the canary', 1, ['staging passed', 'canary failed', 'production pending'], 'canary'],
    [
      'in a batch, before the promotion saw the canary end',
      3,
      ['staging passed', 'canary passed', 'production failed'],
      'production',
    ],
  ] as const)('a rollout that went back %s fails that stage', (_, step, phases, stage) => {
    const trip = tested()
    failAt(trip, step)
    pass(trip)
    expect(stagePhases(trip)).toEqual(phases)
    expect(trip.promotion.phase).toBe('rolling-back')
    settle(trip)
    expect(trip.promotion).toMatchObject({
      phase: 'rolled-back',
      result: {
        outcome: 'rolled-back',
        stage,
        cause: 'analysis',
        metric: 'errors',
        canary: { requests: 454, bad: 23 },
        tolerated: 0.0018,
        at: { decidedMs: 500, appliedMs: 510, firstBadMs: 400 },
      },
    })
    expect([stableIn(trip, 'staging'), stableIn(trip, 'production')]).toEqual(['old', 'old'])
  })

  test('staging is returned only after production is back', () => {
    const trip = tested()
    failAt(trip, 0)
    pass(trip)
    expect(trip.promotion.phase).toBe('rolling-back')
    const { id } = rolloutIn(trip, 'production')
    const going = trip.rollouts.get(id)
    if (going) trip.rollouts.set(id, { ...going, phase: 'rolled-back' })
    pass(trip)
    expect(trip.promotion.phase).toBe('rolling-back')
    expect(rolloutIn(trip, 'staging')).toMatchObject({ to: oldBuild, phase: 'preparing' })
    arrive(trip, 'staging')
    pass(trip)
    expect(trip.promotion.phase).toBe('rolled-back')
  })

  test('an abort before anything changed ends aborted', () => {
    const trip = tripOf(promotionOf({ wish }))
    pass(trip)
    expect(trip.promotion).toMatchObject({
      phase: 'aborted',
      result: { outcome: 'aborted', cause: 'command', text: 'aborted by ada: wrong build' },
    })
    expect(trip.rollouts.size).toBe(0)
  })

  test('an abort in staging takes the rollout back and ends rolled back', () => {
    const trip = inStaging()
    trip.promotion = { ...trip.promotion, wish }
    expect(pass(trip).takeBack).toEqual([{ rollout: 'r-7-1', text: 'aborted by ada: wrong build' }])
    settle(trip)
    expect(trip.promotion).toMatchObject({
      phase: 'rolled-back',
      result: { outcome: 'rolled-back', stage: 'staging', cause: 'command' },
    })
    expect(stableIn(trip, 'staging')).toBe('old')
  })

  test('a rollback in the bake takes production and staging back', () => {
    const trip = inBatches()
    const rollout = rolloutIn(trip, 'production')
    trip.rollouts.set(rollout.id, { ...rollout, step: 5, phase: 'baking' })
    trip.promotion = { ...trip.promotion, wish: { ...wish, kind: 'rollback' } }
    expect(pass(trip).takeBack).toEqual([{ rollout: 'r-7-2', text: 'rolled back by ada: wrong build' }])
    settle(trip)
    expect(trip.promotion).toMatchObject({ phase: 'rolled-back', result: { stage: 'production', cause: 'command' } })
    expect([stableIn(trip, 'staging'), stableIn(trip, 'production')]).toEqual(['old', 'old'])
  })

  describe('an old build that does not start any more', () => {
    /** Staging goes back, and its way back fails: the old build was not ready in time. */
    function stranded(): Trip {
      const trip = inStaging()
      arrive(trip, 'staging')
      report(trip, resultOf('answers', false))
      pass(trip)
      failReturn(trip)
      return trip
    }
    function failReturn(trip: Trip): void {
      const rollout = rolloutIn(trip, 'staging')
      const text = 'rolled back: host "1" did not answer'
      const at = { decidedAtMs: trip.nowMs, inForce: -1, shifted: true, confirmed: true }
      const back = { cause: 'not-ready', text, ...at } as const
      trip.rollouts.set(rollout.id, { ...rollout, phase: 'rolled-back', back, endedAtMs: trip.nowMs })
    }

    test('is no end: a hold says what staging runs, and it is tried again after 10, 20, 40 s', () => {
      const trip = stranded()
      expect(pass(trip).holds).toMatchObject([
        {
          rule: 'not-ready',
          on: 'staging',
          text: 'staging still runs new: the way back to old failed once, because host "1" did not answer; it is tried again',
          help: expect.stringContaining('cofferdam promotion pass p-7'),
        },
      ])
      const tries: string[] = []
      const beganMs = trip.nowMs
      for (let second = 0; second < 80; second += 1) {
        for (const { id } of pass(trip).create) {
          tries.push(`${id} after ${Math.round((trip.nowMs - beganMs) / 1_000)} s`)
          failReturn(trip)
        }
        expect(trip.promotion.phase).toBe('rolling-back')
      }
      expect(tries).toEqual(['r-7-4.2 after 9 s', 'r-7-4.3 after 29 s', 'r-7-4.4 after 69 s'])
    })

    test('ends rolled back, and only then, when a later try arrives', () => {
      const trip = stranded()
      for (let second = 0; second < 12; second += 1) pass(trip)
      expect(pass(trip).holds).toMatchObject([{ text: 'staging still runs new: the way back to old is tried again' }])
      arrive(trip, 'staging')
      pass(trip)
      expect([trip.promotion.phase, stableIn(trip, 'staging')]).toEqual(['rolled-back', 'old'])
      expect(trip.promotion.result?.text).not.toContain('still runs')
    })

    test('a person can leave it so, and the end says it', () => {
      const trip = stranded()
      trip.promotion = { ...trip.promotion, leftAs: { by: 'ada', reason: 'it is mended by hand', atMs: trip.nowMs } }
      pass(trip)
      expect(trip.promotion).toMatchObject({ phase: 'rolled-back', result: { stage: 'staging', cause: 'test' } })
      expect(trip.promotion.result?.text).toContain(
        'staging still runs new, because old could not be started: left so by ada: it is mended by hand',
      )
    })
  })

  test('a rollback that comes as the bake ends takes production back by a rollout of its own', () => {
    const trip = inBatches()
    arrive(trip, 'production')
    trip.promotion = { ...trip.promotion, wish: { ...wish, kind: 'rollback' } }
    settle(trip)
    expect(trip.promotion).toMatchObject({ phase: 'rolled-back', result: { stage: 'production' } })
    expect([stableIn(trip, 'staging'), stableIn(trip, 'production')]).toEqual(['old', 'old'])
    expect([...trip.rollouts.keys()]).toEqual(['r-7-1', 'r-7-2', 'r-7-4', 'r-7-6'])
  })
})

/** Everything that can happen to a promotion, in any order. */
const happenings = [
  'pass',
  'arrive-staging',
  'arrive-production',
  'climb',
  'fail',
  'test-passes',
  'test-fails',
  'abort',
  'bring-back',
  'take-staging',
  'leave-staging',
] as const

function happen(trip: Trip, what: (typeof happenings)[number]): void {
  const active = (environment: string) =>
    [...trip.rollouts.values()].find((one) => one.environment === environment && one.phase === 'preparing' && !one.wish)
  const production = active('production')
  const [next] = trip.tests.filter((one) => !trip.promotion.stages[0]?.tests.some((known) => known.name === one.name))
  switch (what) {
    case 'pass':
      return void pass(trip)
    case 'arrive-staging':
      return active('staging') ? arrive(trip, 'staging') : undefined
    case 'arrive-production':
      return production ? arrive(trip, 'production') : undefined
    case 'climb':
      return production
        ? void trip.rollouts.set(production.id, {
            ...production,
            step: Math.min(production.step + 1, production.plan.steps.length - 1),
          })
        : undefined
    case 'fail':
      return production ? failAt(trip, production.step) : undefined
    case 'test-passes':
    case 'test-fails':
      return next && trip.promotion.stages[0]?.phase === 'running'
        ? report(trip, resultOf(next.name, what === 'test-passes'))
        : undefined
    case 'abort':
      if (isUnderWay(trip.promotion)) trip.promotion = { ...trip.promotion, wish }
      return undefined
    case 'bring-back':
      return bringBack(trip)
    case 'take-staging':
      return void trip.taken.set('staging', { promotion: 'p-3', sinceMs: 0 })
    case 'leave-staging':
      return trip.taken.clear()
  }
}

const stories = fc.array(fc.constantFrom(...happenings), { maxLength: 40 })

describe('whatever happens', () => {
  test('deciding again on what was decided changes nothing, and a waiting promotion has a hold', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const trip = tripOf()
        for (const what of story) happen(trip, what)
        const once = decidePromotion(trip.promotion, seenBy(trip), 9)
        expect(decidePromotion(once.promotion, seenBy(trip), 99).promotion).toBe(once.promotion)
        if (once.promotion.phase === 'waiting') expect(once.holds).not.toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('production is touched only after every test passed, and no stage twice', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const trip = tripOf()
        for (const what of story) happen(trip, what)
        if (!trip.rollouts.has('r-7-2')) return
        expect(trip.promotion.stages[0]?.phase).toBe('passed')
        expect(trip.promotion.stages[0]?.tests.filter((one) => one.passed)).toHaveLength(2)
      }),
      { numRuns: 500 },
    )
  })

  test('every story ends in a helpful world; what ends rolled back or aborted leaves the old build everywhere', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const trip = tripOf()
        for (const what of story) happen(trip, what)
        for (let round = 0; round < 12 && isUnderWay(trip.promotion); round += 1) {
          for (const what of [
            'leave-staging',
            'pass',
            'bring-back',
            'arrive-staging',
            'test-passes',
            'test-passes',
            'arrive-production',
            'pass',
          ] as const)
            happen(trip, what)
        }
        expect(isUnderWay(trip.promotion)).toBe(false)
        const expected = trip.promotion.phase === 'done' ? 'new' : 'old'
        expect([trip.promotion.phase, stableIn(trip, 'staging'), stableIn(trip, 'production')]).toEqual([
          trip.promotion.phase,
          expected,
          expected,
        ])
        expect([...trip.rollouts.values()].filter((one) => one.endedAtMs === undefined)).toEqual([])
        expect(trip.promotion.result?.text).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })
})
