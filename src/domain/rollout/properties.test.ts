import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decideRollout } from './decide.ts'
import { instancesOf, layersOf, stepInForce } from './layout.ts'
import { allWell, fullPlan, harmful, healthy, poolOf, rolloutOf } from './rollout.fixture.ts'
import type { Rollout, RolloutPlan, Step } from './rollout.ts'
import type { JudgementSeen, RolloutSeen } from './seen.ts'

const plans: fc.Arbitrary<{ readonly hosts: number; readonly plan: RolloutPlan }> = fc
  .record({
    hosts: fc.integer({ min: 1, max: 6 }),
    shares: fc.subarray([0.05, 0.1]),
    keepPrevious: fc.constantFrom('until-bake' as const, 'none' as const),
    watch: fc.constantFrom('analysis' as const, 'guards' as const, 'facts' as const),
    bakeMs: fc.constantFrom(0, 60_000),
  })
  .map(({ hosts, shares, ...rest }) => {
    const steps: Step[] = shares.map((share) => ({ kind: 'share', share, minimumMs: 30_000 }))
    for (let host = 1; host <= hosts; host += 1) steps.push({ kind: 'hosts', hosts: host, minimumMs: 10_000 })
    return { hosts, plan: { ...fullPlan, ...rest, steps } }
  })

const judgements: fc.Arbitrary<JudgementSeen> = fc.record({
  verdict: fc.constantFrom('pass', 'not-enough-data', 'cannot-see'),
  harm: fc.double({ min: 0, max: 99, noNaN: true }),
  suspected: fc.boolean(),
  worst: fc.constant('errors'),
  limit: fc.constant(100),
  provenCoarse: fc.boolean(),
  proven: fc.boolean(),
  judgedMs: fc.constantFrom(0, 9_999, 10_000, 30_000, 60_000),
  warmUpMs: fc.constantFrom(0, 20_000),
  missing: fc.constant('more requests'),
  unwatched: fc.constant(false),
})

interface Scene {
  readonly rollout: Rollout
  readonly seen: RolloutSeen
  readonly nowMs: number
}

/** Any state that can be stored, with any world around it. */
const scenes: fc.Arbitrary<Scene> = plans.chain(({ hosts, plan }) =>
  fc
    .record({
      step: fc.integer({ min: 0, max: plan.steps.length - 1 }),
      phase: fc.constantFrom(
        'preparing' as const,
        'shifting' as const,
        'holding' as const,
        'baking' as const,
        'rolling-back' as const,
      ),
      passed: fc.constantFrom(undefined, 0, plan.steps.length),
      wish: fc.boolean(),
      back: fc.constantFrom(
        { shifted: false, confirmed: false },
        { shifted: true, confirmed: false },
        { shifted: true, confirmed: true },
      ),
      ready: fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
      inSync: fc.boolean(),
      silent: fc.boolean(),
      judgement: fc.option(fc.oneof(judgements, fc.constant(harmful), fc.constant(healthy)), { nil: undefined }),
      nowMs: fc.integer({ min: 0, max: 5_000_000 }),
    })
    .map((one) => {
      const step = one.phase === 'baking' ? plan.steps.length - 1 : one.step
      const back = { cause: 'command', text: 'back', decidedAtMs: 0, inForce: step, ...one.back } as const
      const rollout = rolloutOf({
        hosts,
        plan,
        phase: one.phase,
        step,
        ...(one.passed === undefined ? {} : { passedStep: one.passed }),
        ...(one.phase === 'rolling-back' ? { back } : {}),
        ...(one.wish ? { wish: { kind: 'back', cause: 'command', text: 'back', atMs: 0 } } : {}),
      })
      const wanted = instancesOf(poolOf(hosts), rollout)
      const instances = new Map(
        wanted.map(({ instance }, index) => [instance, { ready: one.ready[index % 24] ?? true, exits: 0 }]),
      )
      const traffic = { inSync: one.inSync, appliedAtMs: 5, silent: one.silent ? ['g1'] : [] }
      return {
        rollout,
        nowMs: one.nowMs,
        seen: { instances, traffic, ...(one.judgement ? { judgement: one.judgement } : {}) },
      }
    }),
)

const runs = { numRuns: 500 }

test('whatever does not move says why', () => {
  fc.assert(
    fc.property(scenes, ({ rollout, seen, nowMs }) => {
      const { rollout: next, holds } = decideRollout(poolOf(rollout.hosts), rollout, seen, nowMs)
      if (next === rollout) expect(holds).not.toEqual([])
      for (const hold of holds) expect(hold.text.length * hold.help.length).toBeGreaterThan(0)
    }),
    runs,
  )
})

test('whatever has not ended is looked at again', () => {
  fc.assert(
    fc.property(scenes, ({ rollout, seen, nowMs }) => {
      const { rollout: next, wakeAtMs } = decideRollout(poolOf(rollout.hosts), rollout, seen, nowMs)
      expect(wakeAtMs).toBe(next.endedAtMs === undefined ? nowMs + 1_000 : undefined)
    }),
    runs,
  )
})

test('the same state and world give the same decision, and where nothing happens the same object', () => {
  fc.assert(
    fc.property(scenes, ({ rollout, seen, nowMs }) => {
      const pool = poolOf(rollout.hosts)
      const once = decideRollout(pool, rollout, seen, nowMs)
      expect(decideRollout(pool, structuredClone(rollout), seen, nowMs)).toEqual(once)
      if (JSON.stringify(once.rollout) === JSON.stringify(rollout)) expect(once.rollout).toBe(rollout)
    }),
    runs,
  )
})

test('one decision raises the step by one at most, and only when nothing speaks against it', () => {
  fc.assert(
    fc.property(scenes, ({ rollout, seen, nowMs }) => {
      const pool = poolOf(rollout.hosts)
      const { rollout: next } = decideRollout(pool, rollout, seen, nowMs)
      const rise = stepInForce(next) - stepInForce(rollout)
      expect(rise).toBeLessThanOrEqual(1)
      if (rise <= 0) return
      expect(rollout.wish).toBeUndefined()
      for (const layer of layersOf(pool, next))
        for (const host of layer.hosts)
          expect(seen.instances.get(host.instance)?.ready === true || layer.name === 'stable').toBe(true)
      if (rollout.plan.watch === 'facts') return
      expect(seen.traffic.silent).toEqual([])
      if (rollout.passedStep === undefined)
        expect([seen.judgement?.suspected ?? false, seen.judgement?.verdict === 'cannot-see']).toEqual([false, false])
    }),
    runs,
  )
})

test('no layer is ever laid without a host, and each request has exactly one layer', () => {
  fc.assert(
    fc.property(scenes, ({ rollout }) => {
      const layers = layersOf(poolOf(rollout.hosts), rollout)
      for (const layer of layers) expect(layer.hosts.length).toBeGreaterThan(0)
      expect(layers.filter((layer) => layer.who.kind === 'everyone')).toHaveLength(1)
      const shared = layers
        .flatMap(({ who }) => (who.kind === 'share' ? [who] : []))
        .toSorted((a, b) => a.from - b.from)
      shared.forEach((who, index) => expect(who.from).toBeGreaterThanOrEqual(shared[index - 1]?.to ?? 0))
      for (const who of shared) expect(who.to).toBeLessThanOrEqual(1)
    }),
    runs,
  )
})

test('every host in the table is wanted, each instance once, and a kept one serves nobody', () => {
  fc.assert(
    fc.property(scenes, ({ rollout }) => {
      const pool = poolOf(rollout.hosts)
      const wanted = instancesOf(pool, rollout)
      const ids = wanted.map((one) => one.instance)
      expect(new Set(ids).size).toBe(ids.length)
      const inTable = layersOf(pool, rollout).flatMap((layer) => layer.hosts.map((host) => host.instance))
      for (const instance of inTable) expect(ids).toContain(instance)
      for (const one of wanted) if (one.role === 'kept') expect(inTable).not.toContain(one.instance)
    }),
    runs,
  )
})

test('the instances that were replaced stay until the bake ends, unless nothing is to be kept', () => {
  fc.assert(
    fc.property(scenes, ({ rollout }) => {
      const pool = poolOf(rollout.hosts)
      const ids = instancesOf(pool, rollout).map((one) => one.instance)
      const old = Object.values(pool.instances)
      if (rollout.plan.keepPrevious === 'until-bake' || rollout.phase === 'rolling-back')
        expect(ids).toEqual(expect.arrayContaining(old))
      else if (rollout.phase === 'baking') for (const id of old) expect(ids).not.toContain(id)
    }),
    runs,
  )
})

test('every wish leads home in a good world: liveness', () => {
  fc.assert(
    fc.property(scenes, ({ rollout, nowMs }) => {
      const pool = poolOf(rollout.hosts)
      let current: Rollout = { ...rollout, wish: { kind: 'back', cause: 'command', text: 'back', atMs: 0 } }
      for (let pass = 0; pass < 4; pass += 1)
        current = decideRollout(pool, current, allWell(pool, current), nowMs).rollout
      expect(current.phase).toBe('rolled-back')
      expect(layersOf(pool, current).map((layer) => layer.name)).toEqual(['stable'])
    }),
    runs,
  )
})

test('and every rollout arrives in a good world: liveness', () => {
  fc.assert(
    fc.property(plans, ({ hosts, plan }) => {
      const pool = poolOf(hosts)
      let current: Rollout = rolloutOf({ hosts, plan })
      let nowMs = 0
      for (let pass = 0; pass < 3 * plan.steps.length + 1; pass += 1) {
        nowMs += 61_000
        current = decideRollout(pool, current, allWell(pool, current), nowMs).rollout
      }
      expect(current.phase).toBe('complete')
    }),
    runs,
  )
})
