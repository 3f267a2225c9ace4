import fc from 'fast-check'
import { expect, test } from 'vitest'
import { promotionOf } from '../../domain/promotion/promotion.fixture.ts'
import { createMemoryStore } from '../../store/memory/createMemoryStore.ts'
import { eventsOf } from './eventsOf.ts'

test('all events of a promotion are found, whatever happened before, between and after', async () => {
  const steps = fc.array(fc.record({ ms: fc.nat(60_000), own: fc.boolean() }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(59), async (events, at) => {
      const store = createMemoryStore()
      let atMs = 1_000
      const requestedAt = Math.min(at, events.length)
      let requestedAtMs = 0
      const wanted: number[] = []
      for (const [index, { ms, own }] of events.entries()) {
        atMs += ms
        if (index === requestedAt) requestedAtMs = atMs
        const isOwn = own && index >= requestedAt
        const written = await store.commit({
          events: [
            { atMs, actor: 'engine', kind: 'x.happened', on: 'x', text: '', ...(isOwn ? { promotion: 'p-7' } : {}) },
          ],
        })
        if (isOwn && written.saved) wanted.push(written.events[0]?.id ?? 0)
      }
      const found = await eventsOf(store, { ...promotionOf(), id: 'p-7', requestedAtMs })
      expect(found.map(({ id }) => id)).toEqual(wanted)
    }),
    { numRuns: 100 },
  )
})

test('the first event is searched by halves: a long past is not read', async () => {
  const store = createMemoryStore()
  for (let n = 0; n < 3_000; n++)
    await store.commit({ events: [{ atMs: n, actor: 'engine', kind: 'x.happened', on: 'x', text: '' }] })
  await store.commit({
    events: [{ atMs: 3_000, actor: 'engine', kind: 'x.happened', on: 'x', text: '', promotion: 'p-7' }],
  })
  let read = 0
  const counting = {
    lastEventId: store.lastEventId,
    events: async (after: number, limit: number) => {
      const page = await store.events(after, limit)
      read += page.length
      return page
    },
  }
  expect(await eventsOf(counting, { ...promotionOf(), id: 'p-7', requestedAtMs: 3_000 })).toHaveLength(1)
  expect(read).toBeLessThan(30)
})
