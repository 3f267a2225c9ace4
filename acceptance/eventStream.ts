import { request } from 'node:http'

export interface EventReader {
  /** Numbers of the events that came, in order. */
  readonly ids: () => readonly number[]
  readonly cut: () => void
}

/** Reads server-sent events, resuming after `lastId`. */
export function readStream(url: string, lastId: number): EventReader {
  const ids: number[] = []
  let rest = ''
  const call = request(url, { headers: { accept: 'text/event-stream', 'last-event-id': String(lastId) } }, (answer) => {
    answer.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const id = /^id: ?(\d+)$/m.exec(block)?.[1]
        if (id !== undefined) ids.push(Number(id))
      }
    })
    // Cut on purpose.
    answer.on('error', () => undefined)
  })
  call.on('error', () => undefined)
  call.end()
  return { ids: () => ids, cut: () => call.destroy() }
}
