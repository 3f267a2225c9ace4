import { describe, expect, test } from 'vitest'
import { instancesOf, layersOf, neededFor, startedBy, stepInForce } from './layout.ts'
import { fullPlan, poolOf, rolloutOf } from './rollout.fixture.ts'
import { guestCount, type Rollout } from './rollout.ts'

const pool = poolOf()

function shape(rollout: Rollout | undefined): readonly string[] {
  return layersOf(pool, rollout).map(({ name, who, build, hosts }) => {
    const audience = who.kind === 'share' ? `${who.from}–${who.to}` : who.kind
    return `${name} ${audience} ${build.name}: ${hosts.map((host) => host.id).join(' ')}`
  })
}

function roles(rollout: Rollout | undefined): readonly string[] {
  return instancesOf(pool, rollout).map(({ host, build, role }) => `${host} ${build.name} ${role}`)
}

const serving = ['1 old serving', '2 old serving', '3 old serving', '4 old serving']

test('every instance that any step wants beside the old ones is one that the rollout can have started', () => {
  const started = new Set(startedBy(rolloutOf()).map((one) => one.instance))
  const old = new Set(Object.values(pool.instances))
  const wanted = rolloutOf().plan.steps.flatMap((_, step) =>
    instancesOf(pool, rolloutOf({ phase: 'holding', step })).map((one) => one.instance),
  )
  const own = wanted.filter((instance) => !old.has(instance))
  expect(own.length).toBeGreaterThan(0)
  expect(own.filter((instance) => !started.has(instance))).toEqual([])
  expect([...started].toSorted()).toEqual([...new Set(own)].toSorted())
})

describe('layers', () => {
  test.each([
    ['no rollout', undefined, ['stable everyone old: 1 2 3 4']],
    ['guests start', rolloutOf(), ['stable everyone old: 1 2 3 4']],
    [
      '5 %',
      rolloutOf({ phase: 'shifting' }),
      ['canary 0–0.05 new: canary-1', 'baseline 0.95–1 old: baseline-1', 'stable everyone old: 1 2 3 4'],
    ],
    [
      '10 % starts',
      rolloutOf({ step: 1 }),
      ['canary 0–0.05 new: canary-1', 'baseline 0.95–1 old: baseline-1', 'stable everyone old: 1 2 3 4'],
    ],
    ['first batch', rolloutOf({ phase: 'holding', step: 2 }), ['batch 0–0.25 new: 1', 'stable everyone old: 2 3 4']],
    ['last batch', rolloutOf({ phase: 'holding', step: 5 }), ['batch everyone new: 1 2 3 4']],
    ['bake', rolloutOf({ phase: 'baking', step: 5 }), ['batch everyone new: 1 2 3 4']],
    ['gone back', rolloutOf({ phase: 'rolled-back', step: 3 }), ['stable everyone old: 1 2 3 4']],
  ])('%s', (_, rollout, expected) => {
    expect(shape(rollout)).toEqual(expected)
  })

  test('only the arms of a share go home when nobody watches', () => {
    const watched = (rollout: Rollout) =>
      layersOf(pool, rollout)
        .filter((layer) => layer.watched)
        .map((layer) => layer.name)
    expect(watched(rolloutOf({ phase: 'holding' }))).toEqual(['canary', 'baseline'])
    expect(watched(rolloutOf({ phase: 'holding', step: 3 }))).toEqual([])
  })
})

describe('instances', () => {
  test.each([
    ['no rollout', undefined, serving],
    ['guests start', rolloutOf(), [...serving, 'canary-1 new starting', 'baseline-1 old starting']],
    ['5 %', rolloutOf({ phase: 'holding' }), [...serving, 'canary-1 new serving', 'baseline-1 old serving']],
    [
      'guests stay while the first batch starts',
      rolloutOf({ step: 2 }),
      [...serving, 'canary-1 new serving', 'baseline-1 old serving', '1 new starting'],
    ],
    [
      'guests leave with the first batch, what it replaced is kept',
      rolloutOf({ phase: 'shifting', step: 2 }),
      ['1 old kept', ...serving.slice(1), '1 new serving'],
    ],
    [
      'bake',
      rolloutOf({ phase: 'baking', step: 5 }),
      [1, 2, 3, 4].map((host) => `${host} old kept`).concat([1, 2, 3, 4].map((host) => `${host} new serving`)),
    ],
    [
      'nothing is kept',
      rolloutOf({ phase: 'holding', step: 2, plan: { ...fullPlan, keepPrevious: 'none' } }),
      [...serving.slice(1), '1 new serving'],
    ],
    ['rolled back', rolloutOf({ phase: 'rolled-back', step: 4 }), serving],
  ])('%s', (_, rollout, expected) => {
    expect(roles(rollout)).toEqual(expected)
  })
})

test('before the traffic moves to a share both arms are needed, before a batch every new host', () => {
  const [share, , , , , last] = fullPlan.steps
  expect(share && neededFor(pool, rolloutOf(), share)).toEqual([
    'production-cart-canary-1-r-1-2',
    'production-cart-baseline-1-r-1-2',
  ])
  expect(last && neededFor(pool, rolloutOf(), last)).toHaveLength(4)
})

test.each([
  [0.05, 4, 1],
  [0.1, 10, 1],
  [0.1, 11, 2],
  [0.05, 100, 5],
])('%d of %i hosts takes %i guests', (share, hosts, guests) => {
  expect(guestCount(share, hosts)).toBe(guests)
})

test('while instances start, the step before is in force', () => {
  expect([rolloutOf(), rolloutOf({ step: 2 }), rolloutOf({ phase: 'shifting', step: 2 })].map(stepInForce)).toEqual([
    -1, 1, 2,
  ])
})
