import type { EngineApi } from '../engine/api.ts'

/** A document that changed, under the name of the event that carries it. */
export interface LiveMessage {
  readonly name: 'status' | 'promotion' | 'traffic' | 'slices' | 'beat'
  readonly json: string
}
export type LiveSink = (message: LiveMessage) => void

export interface LiveFeed {
  /** Everything as it is, then each document whenever it has changed. Returns how to stop. */
  readonly follow: (sink: LiveSink) => () => void
  readonly close: () => void
}

type Reads = Pick<EngineApi, 'status' | 'traffic' | 'newestSlices' | 'underWay' | 'promotion' | 'onEvents'>

/** Shares, counts and hosts change without an event: they are looked at once a second, while somebody looks on. */
const lookMs = 1_000
/** After an event at once, but once for all events of a moment. */
const afterEventMs = 40

/** One look for all followers, however many there are; none while there is no follower. */
export function createLiveFeed(engine: Reads, now: () => number, onFailure: (error: unknown) => void): LiveFeed {
  const sinks = new Set<LiveSink>()
  /** Name and id → what was sent last. */
  const sent = new Map<string, LiveMessage>()
  let timer: NodeJS.Timeout | undefined
  let dueAt = Number.POSITIVE_INFINITY
  let isLooking = false
  let isClosed = false

  const send = (key: string, message: LiveMessage): void => {
    if (sent.get(key)?.json === message.json) return
    sent.set(key, message)
    for (const sink of sinks) sink(message)
  }

  const look = async (): Promise<void> => {
    const [status, underWay, traffic, slices] = await Promise.all([
      engine.status(),
      engine.underWay(),
      engine.traffic(),
      engine.newestSlices(),
    ])
    const ids = new Set(underWay.map((one) => promotionKey(one.id)))
    const ended = [...sent.keys()].filter((key) => key.startsWith('promotion ') && !ids.has(key))
    for (const promotion of underWay)
      send(promotionKey(promotion.id), { name: 'promotion', json: JSON.stringify(promotion) })
    for (const key of ended) {
      // Its last document, once; then it changes no more.
      send(key, { name: 'promotion', json: JSON.stringify(await engine.promotion(key.slice('promotion '.length))) })
      sent.delete(key)
    }
    // Says that the connection lives, and what the time is here.
    send('beat', { name: 'beat', json: JSON.stringify({ at: new Date(now()).toISOString() }) })
    send('status', { name: 'status', json: JSON.stringify(status) })
    if (slices.at !== null) send('slices', { name: 'slices', json: JSON.stringify(slices) })
    send('traffic', { name: 'traffic', json: JSON.stringify(traffic) })
  }

  const schedule = (inMs: number): void => {
    const at = performance.now() + inMs
    if (isClosed || sinks.size === 0 || isLooking || at >= dueAt) return
    clearTimeout(timer)
    dueAt = at
    timer = setTimeout(() => {
      dueAt = Number.POSITIVE_INFINITY
      isLooking = true
      look()
        .catch(onFailure)
        .finally(() => {
          isLooking = false
          schedule(wasWoken ? afterEventMs : lookMs)
          wasWoken = false
        })
    }, inMs)
  }

  let wasWoken = false
  const unsubscribe = engine.onEvents(() => {
    wasWoken = isLooking
    schedule(afterEventMs)
  })

  const stop = (): void => {
    clearTimeout(timer)
    dueAt = Number.POSITIVE_INFINITY
    // What was sent to those who have left says nothing to those who come.
    sent.clear()
  }

  return {
    follow: (sink) => {
      for (const message of sent.values()) sink(message)
      sinks.add(sink)
      schedule(sinks.size === 1 ? 0 : lookMs)
      return () => {
        sinks.delete(sink)
        if (sinks.size === 0) stop()
      }
    },
    close: () => {
      isClosed = true
      unsubscribe()
      sinks.clear()
      stop()
    },
  }
}

function promotionKey(id: string): string {
  return `promotion ${id}`
}
