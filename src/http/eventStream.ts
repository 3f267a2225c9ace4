import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { EventFeed } from './eventFeed.ts'
import type { LiveFeed } from './liveFeed.ts'
import { toEventDocument } from './present.ts'

/** A client that has not taken so much is cut; it comes back with `Last-Event-ID` and loses nothing. */
const maxBufferedBytes = 1024 * 1024
const maxDrainMs = 30_000

export interface StreamOptions {
  /** Between comments that keep the connection known to be alive. */
  readonly heartbeatMs: number
  /** Documents that change are sent too, as events with a name and without an id. */
  readonly live?: LiveFeed
}

/** Sends the events after a number as server-sent events, until the client or the feed ends. Returns how to end it. */
export function streamEvents(
  feed: EventFeed,
  response: ServerResponse,
  after: number,
  options: StreamOptions,
): () => void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  response.write('retry: 1000\n\n')

  const unfollow = feed.follow(
    after,
    (events) => {
      for (const event of events) response.write(`id: ${event.id}\ndata: ${JSON.stringify(toEventDocument(event))}\n\n`)
      if (response.writableLength > maxBufferedBytes) response.destroy()
    },
    async () => {
      if (!response.writableNeedDrain) return
      await once(response, 'drain', { signal: AbortSignal.timeout(maxDrainMs) }).catch(() => response.destroy())
    },
  )
  const unfollowLive = options.live?.follow(({ name, json }) => {
    // The traffic of this second is of no use to a reader that is behind; the next one comes anyway.
    if (name === 'traffic' && response.writableNeedDrain) return
    response.write(`event: ${name}\ndata: ${json}\n\n`)
    if (response.writableLength > maxBufferedBytes) response.destroy()
  })
  const heartbeat = setInterval(() => response.write(': \n\n'), options.heartbeatMs)
  response.once('close', () => {
    clearInterval(heartbeat)
    unfollow()
    unfollowLive?.()
  })
  return () => response.end()
}
