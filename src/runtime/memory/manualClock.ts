import type { Clock } from '../../engine/ports.ts'

export interface ManualClock extends Clock {
  /** Moves time on by `ms`, calling what falls due in its order. */
  readonly advance: (ms: number) => void
}

/** A clock that stands still until it is told to move. */
export function createManualClock(startMs = 1_000_000): ManualClock {
  let nowMs = startMs
  let sequence = 0
  const due: { readonly atMs: number; readonly order: number; readonly call: () => void }[] = []
  return {
    now: () => nowMs,
    monotonic: () => nowMs - startMs,
    after: (ms, call) => {
      const entry = { atMs: nowMs + Math.max(0, ms), order: (sequence += 1), call }
      due.push(entry)
      return () => {
        const at = due.indexOf(entry)
        if (at !== -1) due.splice(at, 1)
      }
    },
    advance: (ms) => {
      const endMs = nowMs + ms
      for (;;) {
        due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
        const next = due[0]
        if (next === undefined || next.atMs > endMs) break
        due.shift()
        nowMs = next.atMs
        next.call()
      }
      nowMs = endMs
    },
  }
}
