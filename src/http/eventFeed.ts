import { invariant } from '../domain/errors.ts'
import type { EngineApi } from '../engine/api.ts'
import type { Event } from '../engine/ports.ts'

const pageSize = 500

/** Takes events one after the other, ids rising, none left out. */
export type EventSink = (events: readonly Event[]) => void

export interface EventFeed {
  /**
   * Everything after `after`, then whatever comes. `sink` is called page by page; `ready` is awaited between the
   * pages of the past, so that a slow reader slows its own reading only.
   */
  readonly follow: (after: number, sink: EventSink, ready: () => Promise<void>) => () => void
  readonly close: () => void
}

type Reads = Pick<EngineApi, 'events' | 'lastEventId' | 'onEvents'>

/** One reader of new events for all followers: a commit costs one read, however many look on. */
export function createEventFeed(engine: Reads, onFailure: (error: unknown) => void): EventFeed {
  const live = new Set<EventSink>()
  let position = 0
  let beginning: Promise<void> | undefined
  let isReading = false
  let wasWoken = false

  // Asked once: a later answer would move the position over events that nobody was given.
  const begin = (): Promise<void> => {
    beginning ??= engine.lastEventId().then(
      (last) => {
        position = last
      },
      (error: unknown) => {
        beginning = undefined
        throw error
      },
    )
    return beginning
  }

  const readNew = async (): Promise<void> => {
    // A wake during a read means another read after it: the read may have been too early.
    wasWoken = true
    if (isReading) return
    isReading = true
    try {
      await begin()
      while (wasWoken) {
        wasWoken = false
        const events = await engine.events(position, pageSize)
        const last = events.at(-1)
        if (last === undefined) continue
        position = last.id
        wasWoken = true
        for (const sink of live) sink(events)
      }
    } catch (error) {
      onFailure(error)
    } finally {
      isReading = false
    }
  }

  const unsubscribe = engine.onEvents(() => void readNew())

  return {
    follow: (after, sink, ready) => {
      let cursor = after
      let isOpen = true
      const take: EventSink = (events) => {
        const fresh = events.filter((event) => event.id > cursor)
        cursor = fresh.at(-1)?.id ?? cursor
        if (fresh.length > 0) sink(fresh)
      }
      const catchUp = async (): Promise<void> => {
        await begin()
        while (isOpen && cursor < position) {
          const events = await engine.events(cursor, pageSize)
          invariant(events.length > 0, `there is no event after ${cursor}, and ${position} was read`)
          take(events)
          await ready()
        }
        // No await since the comparison: nothing can come between the past and the live.
        if (isOpen) live.add(take)
      }
      catchUp().catch(onFailure)
      return () => {
        isOpen = false
        live.delete(take)
      }
    },
    close: () => {
      unsubscribe()
      live.clear()
    },
  }
}
