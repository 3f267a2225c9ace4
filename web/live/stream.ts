import type { NewestSlices } from '../../src/http/contract/catalogDocuments.ts'
import type { EventDocument, Promotion, Status, TrafficNow } from '../../src/http/contract/documents.ts'
import { connection } from './connection.ts'
import { setServerTime } from './clock.ts'
import { getDocument } from './request.ts'

/** What the stream carries. */
export interface StreamSink {
  readonly onEvent: (event: EventDocument, isNew: boolean) => void
  readonly onStatus: (status: Status) => void
  readonly onPromotion: (promotion: Promotion) => void
  readonly onTraffic: (traffic: TrafficNow) => void
  readonly onSlices: (slices: NewestSlices) => void
  /** It is there again after it was lost: documents that do not come by themselves may be old. */
  readonly onReturn: () => void
}

/** So many events of the past are fetched at the beginning. */
const pastEvents = 200
/** The control plane says something at least every second; after so long the connection counts as lost. */
const silenceMs = 12_000
/** Above every event number: the answer then holds the last number and nothing else. */
const beyondAll = 999_999_999_999_999
const longestPauseMs = 15_000

/** Opens the one stream of this page and keeps it open: comes back after the last event that was seen. */
export function openStream(sink: StreamSink): () => void {
  let source: EventSource | undefined
  let lastId: number | undefined
  /** Events up to here had happened before this page was opened. */
  let pastId = 0
  let pauseMs = 500
  let retry: ReturnType<typeof setTimeout> | undefined
  let isClosed = false

  const heard = (): void => {
    const was = connection.get()
    const heardMs = Date.now()
    if (was.phase === 'live') {
      // Not worth a repaint: only the age of a lost connection is shown.
      Object.assign(was, { heardMs })
      return
    }
    pauseMs = 500
    connection.set({ phase: 'live', sinceMs: heardMs, heardMs, nextTryMs: 0 })
    if (was.phase === 'lost') sink.onReturn()
  }

  const lose = (): void => {
    source?.close()
    source = undefined
    if (isClosed) return
    const was = connection.get()
    const sinceMs = was.phase === 'live' ? was.heardMs : was.sinceMs
    connection.set({ phase: 'lost', sinceMs, heardMs: was.heardMs, nextTryMs: Date.now() + pauseMs })
    clearTimeout(retry)
    retry = setTimeout(() => void connect(), pauseMs)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }

  const connect = async (): Promise<void> => {
    clearTimeout(retry)
    if (isClosed) return
    try {
      if (lastId === undefined) {
        const { last } = await getDocument<{ last: number }>(`/events?after=${beyondAll}&limit=1`)
        lastId = Math.max(0, last - pastEvents)
        pastId = last
      }
    } catch {
      lose()
      return
    }
    source?.close()
    const opened = new EventSource(`/api/v1/events?live=1&after=${lastId}`)
    source = opened
    opened.onopen = heard
    opened.onerror = () => {
      if (source === opened) lose()
    }
    opened.onmessage = ({ data }: MessageEvent<string>) => {
      heard()
      const event = JSON.parse(data) as EventDocument
      lastId = event.id
      sink.onEvent(event, event.id > pastId)
    }
    const on = <T>(name: string, take: (value: T) => void): void =>
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => {
        heard()
        take(JSON.parse(data) as T)
      })
    on<Status>('status', sink.onStatus)
    on<Promotion>('promotion', sink.onPromotion)
    on<TrafficNow>('traffic', sink.onTraffic)
    on<NewestSlices>('slices', sink.onSlices)
    on<{ at: string }>('beat', ({ at }) => setServerTime(Date.parse(at)))
  }

  const watch = setInterval(() => {
    const { phase, heardMs } = connection.get()
    if (phase === 'live' && Date.now() - heardMs > silenceMs) lose()
  }, 1_000)
  tryNow = () => void connect()
  void connect()
  return () => {
    isClosed = true
    clearInterval(watch)
    clearTimeout(retry)
    source?.close()
  }
}

/** Tries to connect without waiting for the next try. */
export let tryNow: () => void = () => {}
