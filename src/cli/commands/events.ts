import { setTimeout as sleep } from 'node:timers/promises'
import type { EventDocument } from '../../http/contract/documents.ts'
import { isUnreachable } from '../client.ts'
import type { CommandInput } from '../command.ts'
import { formatClock } from '../print/units.ts'

const reconnectMs = 500

export async function events(input: CommandInput): Promise<number> {
  const { options, client, print, terminal } = input
  const after = options.number('after', 0, Number.MAX_SAFE_INTEGER) ?? 0
  const promotion = options.text('promotion')
  if (!options.flag('follow')) {
    const list = promotion === undefined ? await readAll(input, after) : await readOf(input, promotion, after)
    print({ events: list }, () => list.map(formatEvent).join(''))
    return 0
  }
  let last = after
  for (let isFirst = true; ; isFirst = false) {
    try {
      for await (const line of client().stream(
        '/events',
        { 'last-event-id': String(last) },
        new AbortController().signal,
      )) {
        if (!line.startsWith('data: ')) continue
        const event = JSON.parse(line.slice(6)) as EventDocument
        last = event.id
        if (promotion !== undefined && event.promotion !== promotion) continue
        terminal.out(input.isJson ? `${JSON.stringify(event)}\n` : formatEvent(event))
      }
    } catch (error) {
      if (isFirst || !isUnreachable(error)) throw error
    }
    await sleep(reconnectMs)
  }
}

async function readOf({ client }: CommandInput, promotion: string, after: number): Promise<readonly EventDocument[]> {
  const { events } = await client().get<{ events: readonly EventDocument[] }>(
    `/events?promotion=${encodeURIComponent(promotion)}`,
  )
  return events.filter(({ id }) => id > after)
}

async function readAll({ client }: CommandInput, after: number): Promise<readonly EventDocument[]> {
  const all: EventDocument[] = []
  for (let cursor = after; ; ) {
    const page = await client().get<{ events: readonly EventDocument[]; last: number }>(
      `/events?after=${cursor}&limit=1000`,
    )
    all.push(...page.events)
    const next = page.events.at(-1)?.id
    if (next === undefined || next >= page.last) return all
    cursor = next
  }
}

function formatEvent({ id, at, actor, kind, on, text }: EventDocument): string {
  return `#${id}  ${at.slice(0, 10)} ${formatClock(at)}  ${actor}  ${kind} ${on}  ${text}\n`
}
