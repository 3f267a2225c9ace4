import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { fetchOlder, keptEvents } from '../../live/olderEvents.ts'
import { CommandLine } from '../../parts/commandLine.tsx'

/** The way to events further back: first those that are here, then those that the control plane keeps. */
export function Older(props: {
  readonly hasMore: boolean
  readonly known: number
  readonly oldest: number | undefined
  readonly pageSize: number
  readonly onMore: () => void
}) {
  const { hasMore, known, oldest, pageSize, onMore } = props
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [failure, setFailure] = useState('')
  if (!hasMore && (oldest === undefined || oldest <= 1)) return null
  if (!hasMore && known >= keptEvents)
    return (
      <p className="older soft">
        This page keeps {keptEvents.toLocaleString('en-US')} events. Older ones:{' '}
        <CommandLine command="./cofferdam events --after 0" />
      </p>
    )
  const showMore = async (): Promise<void> => {
    if (isAsking) return
    if (hasMore || oldest === undefined) return onMore()
    setAsking(true)
    setFailure('')
    try {
      await fetchOlder(client, Math.max(1, oldest - pageSize))
      onMore()
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      setAsking(false)
    }
  }
  return (
    <p className="older">
      <button type="button" className="btn" aria-disabled={isAsking} onClick={() => void showMore()}>
        {isAsking ? 'Fetching …' : 'Show older'}
      </button>{' '}
      <span className="bad" role="alert">
        {failure}
      </span>
    </p>
  )
}
