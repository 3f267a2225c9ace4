import { expect, test } from 'vitest'
import { countNew } from './stillList.ts'

const list = (...ids: readonly string[]) =>
  ids.map((id) => ({ id, service: 'cart', at: '2026-01-01T00:00:00.000Z', ms: 1 }))

test('what is not shown yet is counted, wherever it stands', () => {
  expect(countNew(list('c', 'b', 'a'), list('e', 'd', 'c', 'b'))).toBe(2)
  expect(countNew(list('c', 'b'), list('c', 'b'))).toBe(0)
})

test('what has left the fresh list is nothing new', () => {
  expect(countNew(list('c', 'b', 'a'), list('c'))).toBe(0)
})

test('one id met in two services is two requests', () => {
  const [one] = list('a')
  expect(countNew(list('a'), [{ ...one!, service: 'till' }, one!])).toBe(1)
})
