import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NewEvent, Store } from '../../engine/ports.ts'
import { openSqliteStore } from './openSqliteStore.ts'

const event = (text: string): NewEvent => ({ atMs: 1, actor: 'engine', kind: 'table.saved', on: 'table', text })
let store: Store
let heard: string[]

beforeEach(() => {
  heard = []
  store = openSqliteStore(':memory:', { onEvents: (events) => heard.push(...events.map((one) => one.text)) })
})
afterEach(() => store.close())

test('of writes of one turn each is all or nothing by itself, and events have no gap', async () => {
  const doors = (front: number, revision = 0) =>
    ({ kind: 'doors', id: 'current', revision, document: { front } }) as const
  const answers = await Promise.allSettled([
    store.commit({ documents: [doors(1)], events: [event('first')] }),
    store.commit({ documents: [doors(2)], events: [event('stale')] }),
    store.commit({ events: [event('unstorable')], documents: [doors(Number.NaN, 1)] }),
    store.commit({ observations: [{ rollout: 'r', n: 1, json: '{}' }] }),
    store.commit({ observations: [{ rollout: 'r', n: 1, json: '{}' }], events: [event('repeated')] }),
    store.commit({ documents: [doors(3, 1)], events: [event('second')] }),
  ])
  expect(answers.map((one) => (one.status === 'rejected' ? 'failed' : one.value.saved))).toEqual([
    true,
    false,
    'failed',
    true,
    'failed',
    true,
  ])
  expect((await store.events(0, 10)).map(({ id, text }) => [id, text])).toEqual([
    [1, 'first'],
    [2, 'second'],
  ])
  expect(heard).toEqual(['first', 'second'])
  expect(await store.load('doors', 'current')).toEqual({ id: 'current', revision: 2, document: { front: 3 } })
})

test('nothing is told before it is there', async () => {
  const order: string[] = []
  const first = store.commit({ events: [event('a')] }).then(async () => order.push(`a ${await store.lastEventId()}`))
  const second = store.commit({ events: [event('b')] }).then(async () => order.push(`b ${await store.lastEventId()}`))
  await Promise.all([first, second])
  expect(order).toEqual(['a 2', 'b 2'])
})
