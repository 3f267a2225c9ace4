import { expect, test } from 'vitest'
import type { EventDocument } from '../../../src/http/contract/documents.ts'
import { narrowEvents } from './narrowEvents.ts'

const event = (id: number, kind: string, actor: string, service: string): EventDocument => ({
  id,
  at: '2026-01-01T00:00:00.000Z',
  actor,
  kind,
  on: 'x',
  service,
  text: '',
  data: {},
})
const events = [
  event(4, 'promotion.rolled-back', 'engine', 'cart'),
  event(3, 'test.failed', 'engine', 'cart'),
  event(2, 'promotion.requested', 'admin', 'cart'),
  event(1, 'build.added', 'admin', 'pay'),
]
const ids = (...narrowing: Parameters<typeof narrowEvents>[1][]): readonly number[] =>
  narrowEvents(events, Object.assign({}, ...narrowing)).map(({ id }) => id)

test('events are narrowed by service, kind and who, all at once', () => {
  expect(ids({})).toEqual([4, 3, 2, 1])
  expect(ids({ service: 'pay' })).toEqual([1])
  expect(ids({ who: 'people' })).toEqual([2, 1])
  expect(ids({ kind: 'came home' })).toEqual([4, 3])
  expect(ids({ kind: 'came home', who: 'people' })).toEqual([])
})

test('a kind that is not known narrows nothing: an old link still shows something', () => {
  expect(ids({ kind: 'whatever' })).toEqual([4, 3, 2, 1])
})
