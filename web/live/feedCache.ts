import type { QueryClient } from '@tanstack/react-query'
import type { EventDocument, Promotion, Status, TrafficNow } from '../../src/http/contract/documents.ts'
import { announceEvent } from './announce.ts'
import { addSlices } from './catalogQueries.ts'
import { keptEvents } from './olderEvents.ts'
import { eventsQuery, holdsQuery, promotionQuery, promotionsQuery, statusQuery, trafficQuery } from './queries.ts'
import type { StreamSink } from './stream.ts'

/** A burst is drawn at its first event, then at most four times a second. */
const repaintMs = 250
const keptPromotions = 200

/** Puts what the stream brings into the cache, and asks again for exactly the documents that an event touches. */
export function feedCache(client: QueryClient): StreamSink {
  const waiting = new Map<string, () => void>()
  let lastMs = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const flush = (): void => {
    timer = undefined
    lastMs = performance.now()
    const patches = [...waiting.values()]
    waiting.clear()
    for (const patch of patches) patch()
  }
  /** Of several patches with the same key only the last is made. */
  const patch = (key: string, apply: () => void): void => {
    waiting.set(key, apply)
    timer ??= setTimeout(flush, Math.max(0, repaintMs - (performance.now() - lastMs)))
  }
  const stale = (key: readonly unknown[]): void =>
    patch(`stale ${key.join(' ')}`, () => void client.invalidateQueries({ queryKey: key }))

  let fresh: EventDocument[] = []
  const addEvents = (): void => {
    const added = fresh
    fresh = []
    client.setQueryData<readonly EventDocument[]>(eventsQuery.queryKey, (known = []) => {
      const last = known[0]?.id ?? 0
      return [...added.filter((event) => event.id > last).toReversed(), ...known].slice(0, keptEvents)
    })
  }

  return {
    onEvent: (event, isNew) => {
      fresh.push(event)
      patch('events', addEvents)
      if (!isNew) return
      announceEvent(event)
      for (const key of touchedBy(event)) stale(key)
    },
    onStatus: (status) => patch('status', () => client.setQueryData<Status>(statusQuery.queryKey, status)),
    onPromotion: (promotion) => patch(`promotion ${promotion.id}`, () => putPromotion(client, promotion)),
    onTraffic: (traffic) =>
      patch('traffic', () => {
        client.setQueryData<TrafficNow>(trafficQuery.queryKey, traffic)
        // Only a list that is on the screen is asked for again, and never while the last question is open.
        void client.invalidateQueries({ queryKey: ['requests of'] }, { cancelRefetch: false })
      }),
    onSlices: (slices) => patch(`slices ${slices.at}`, () => addSlices(client, slices)),
    onReturn: () => void client.invalidateQueries(),
  }
}

/** Documents that do not come with the stream and may have changed. */
function touchedBy(event: EventDocument): readonly (readonly unknown[])[] {
  const keys: (readonly unknown[])[] = []
  if (event.promotion !== undefined) keys.push(['timeline', event.promotion])
  if (event.kind === 'build.added') keys.push(['builds'])
  if (event.kind === 'configuration.applied') keys.push(['service'], ['environment'], ['promotions'])
  if (event.service !== undefined && /^(?:promotion|rollback|rollout)\./.test(event.kind))
    keys.push(['service', event.service])
  if (event.environment !== undefined && event.kind.startsWith('rollout.'))
    keys.push(['environment', event.environment])
  if (/^(?:promotion|emergency|hold)\./.test(event.kind)) keys.push(holdsQuery.queryKey)
  if (event.kind.startsWith('emergency.') && event.promotion !== undefined) keys.push(['promotion', event.promotion])
  return keys
}

function putPromotion(client: QueryClient, promotion: Promotion): void {
  const before = client.getQueryData(promotionQuery(promotion.id).queryKey)
  client.setQueryData<Promotion>(promotionQuery(promotion.id).queryKey, promotion)
  client.setQueryData<readonly Promotion[]>(promotionsQuery.queryKey, (known) => {
    if (known === undefined) return undefined
    if (!known.some((one) => one.id === promotion.id)) return [promotion, ...known].slice(0, keptPromotions)
    return known.map((one) => (one.id === promotion.id ? promotion : one))
  })
  // Its charts have grown by a slice, and a promotion that ended has its last slices.
  const judged = (one: Promotion | undefined): string =>
    `${one?.phase} ${one?.rollout?.judged?.ms} ${one?.rollout?.phase}`
  if (judged(before) === judged(promotion)) return
  for (const name of ['series', 'requests']) void client.invalidateQueries({ queryKey: [name, promotion.id] })
  void client.invalidateQueries({ queryKey: ['logs', promotion.service] })
}
