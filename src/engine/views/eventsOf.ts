import type { Promotion } from '../../domain/promotion/promotion.ts'
import type { Event, Store } from '../ports.ts'

const pageSize = 1_000
/** A promotion's events lie among those of others: so many are looked through at most. */
const mostRead = 50_000
/** What follows the end within this time still belongs to it: the last hosts that end, a follow-up. */
const afterEndMs = 60 * 60_000

/** The events of one promotion, oldest first. They are stored by number and time only, so the first is searched by halves. */
export async function eventsOf(
  store: Pick<Store, 'events' | 'lastEventId'>,
  promotion: Promotion,
): Promise<readonly Event[]> {
  const found: Event[] = []
  const untilMs = (promotion.endedAtMs ?? Number.POSITIVE_INFINITY) + afterEndMs
  let after = await findBefore(store, promotion.requestedAtMs)
  for (let read = 0; read < mostRead; read += pageSize) {
    const page = await store.events(after, pageSize)
    const last = page.at(-1)
    if (last === undefined) break
    found.push(...page.filter((event) => event.promotion === promotion.id))
    if (page.length < pageSize || last.atMs > untilMs) break
    after = last.id
  }
  return found
}

/** The number of the last event that is older than an instant; numbers and times rise together. */
async function findBefore(store: Pick<Store, 'events' | 'lastEventId'>, atMs: number): Promise<number> {
  let low = 0
  let high = await store.lastEventId()
  while (low < high) {
    const middle = Math.floor((low + high + 1) / 2)
    const [event] = await store.events(middle - 1, 1)
    if (event !== undefined && event.atMs < atMs) low = middle
    else high = middle - 1
  }
  return low
}
