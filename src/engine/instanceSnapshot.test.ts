import { expect, test } from 'vitest'
import type { InstanceSeen, InstanceSpec } from '../domain/catalog/instance.ts'
import { instancesIn, snapshotInstances } from './instanceSnapshot.ts'
import type { Runtime } from './ports.ts'

const seen = (id: string, service = 'cart') => ({ spec: { id, service, environment: 'production' } }) as InstanceSeen

/** A runtime that counts the looks at it. */
function openRuntime() {
  let [looks, nowMs] = [0, 0]
  let tell: (id: string) => void = () => undefined
  const gate = Promise.withResolvers<void>()
  const known = { list: [seen('a')] }
  const runtime = {
    list: () => {
      looks += 1
      return known.list
    },
    subscribe: (changed: (id: string) => void) => {
      tell = changed
      return () => undefined
    },
    ensure: () => gate.promise,
    remove: () => {
      known.list = []
      return gate.promise
    },
  } as unknown as Runtime
  const snapshot = snapshotInstances(runtime, { monotonic: () => nowMs })
  return {
    snapshot,
    known,
    looks: () => looks,
    pass: (ms: number) => (nowMs += ms),
    tell: (id: string) => tell(id),
    finish: () => gate.resolve(),
  }
}

test('one look serves whoever asks within 50 ms, and is the same array', () => {
  const { snapshot, looks, pass } = openRuntime()
  const first = snapshot.list()
  pass(49)
  expect(snapshot.list()).toBe(first)
  expect(looks()).toBe(1)
  pass(1)
  snapshot.list()
  expect(looks()).toBe(2)
})

test('a change that is told of is seen at once, and told on', () => {
  const { snapshot, known, tell } = openRuntime()
  const told: string[] = []
  snapshot.subscribe((id) => told.push(...snapshot.list().map((one) => one.spec.id), id))
  expect(snapshot.list()).toHaveLength(1)
  known.list = [seen('a'), seen('b')]
  tell('b')
  expect(told).toEqual(['a', 'b', 'b'])
})

test('what is being removed is not seen as it was before, neither while it ends nor after', async () => {
  const { snapshot, finish, known } = openRuntime()
  expect(snapshot.list()).toHaveLength(1)
  const removed = snapshot.remove('a')
  expect(snapshot.list()).toHaveLength(0)
  known.list = [seen('c')]
  finish()
  await removed
  expect(snapshot.list().map((one) => one.spec.id)).toEqual(['c'])
})

test('what is being started is looked for anew', () => {
  const { snapshot, known } = openRuntime()
  expect(snapshot.list()).toHaveLength(1)
  known.list = [seen('a'), seen('b')]
  void snapshot.ensure({} as InstanceSpec)
  expect(snapshot.list()).toHaveLength(2)
})

test('instances are found by their service, in their order', () => {
  const list = [seen('a'), seen('x', 'tag'), seen('b')]
  expect(instancesIn(list, 'production', 'cart').map((one) => one.spec.id)).toEqual(['a', 'b'])
  expect(instancesIn(list, 'staging', 'cart')).toEqual([])
})
