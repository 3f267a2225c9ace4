import type { QueryClient } from '@tanstack/react-query'
import type { EventDocument } from '../../src/http/contract/documents.ts'
import { eventsQuery } from './queries.ts'
import { getDocument } from './request.ts'

/** So many events a page keeps at most. */
export const keptEvents = 10_000
/** What the API gives at once. */
const mostAtOnce = 1_000

/**
 * Fetches the events before those that are known until event `downTo` is among them, or until as many are kept as may be.
 * They have numbers without gaps, so the list stays whole.
 *
 * @throws ApiError
 */
export async function fetchOlder(client: QueryClient, downTo: number): Promise<void> {
  for (;;) {
    const known = client.getQueryData(eventsQuery.queryKey) ?? []
    const oldest = known.at(-1)?.id ?? 0
    const room = keptEvents - known.length
    const after = Math.max(0, downTo - 1, oldest - 1 - Math.min(mostAtOnce, room))
    const limit = oldest - 1 - after
    if (limit <= 0) return
    const { events } = await getDocument<{ events: readonly EventDocument[] }>(`/events?after=${after}&limit=${limit}`)
    if (events.length === 0) return
    client.setQueryData<readonly EventDocument[]>(eventsQuery.queryKey, (now = []) => {
      const last = now.at(-1)?.id ?? Number.POSITIVE_INFINITY
      return [...now, ...events.filter(({ id }) => id < last).toReversed()]
    })
  }
}
