import type { EventDocument } from '../../src/http/contract/documents.ts'
import { createValueStore } from './valueStore.ts'

/** What a screen reader says of what happens: phase changes only, and not too many. */
export const announcement = createValueStore('')

const spoken =
  /^(?:promotion\.(?:moving|rolling-back|done|rolled-back|aborted)|rollout\.(?:holding|baking)|stage\.failed)$/
const harm = /(?:rolling-back|rolled-back|failed)$/
const pauseMs = 10_000
let lastMs = 0
let waiting: string | undefined

/** Says an event in the live region: harm at once, anything else at most once in ten seconds, the newest. */
export function announceEvent(event: EventDocument): void {
  if (!spoken.test(event.kind)) return
  if (harm.test(event.kind)) return say(event.text)
  const leftMs = pauseMs - (performance.now() - lastMs)
  if (leftMs <= 0) return say(event.text)
  if (waiting === undefined) setTimeout(() => say(waiting ?? ''), leftMs)
  waiting = event.text
}

function say(text: string): void {
  lastMs = performance.now()
  waiting = undefined
  announcement.set(text)
}
