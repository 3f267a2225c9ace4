import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { EventDocument } from '../../../src/http/contract/documents.ts'
import { fetchOlder } from '../../live/olderEvents.ts'

/**
 * Brings the event of the address to the screen: fetches it when it is further back, and goes there once.
 *
 * @param show makes sure that so many events are drawn
 * @returns why it cannot be shown; empty while it can
 */
export function useChosenEvent(
  id: number | undefined,
  events: readonly EventDocument[],
  shown: number,
  show: (count: number) => void,
): string {
  const client = useQueryClient()
  const visited = useRef<number>(undefined)
  const [failure, setFailure] = useState('')
  const at = id === undefined ? -1 : events.findIndex((event) => event.id === id)
  const oldest = events.at(-1)?.id

  useEffect(() => {
    if (id === undefined || at >= 0 || oldest === undefined || id >= oldest) return
    fetchOlder(client, id).catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
  }, [client, id, at, oldest])

  useEffect(() => {
    if (id === undefined || at < 0 || visited.current === id) return
    if (at >= shown) return show(at + 1)
    const row = document.querySelector<HTMLElement>(`[data-event="${id}"]`)
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: 'center' })
    visited.current = id
  }, [id, at, shown, show])

  return failure
}
