import type { Clock } from '../ports.ts'

/** Time that moves only when the simulation says so, one timer at a time. */
export interface VirtualClock extends Clock {
  /** Moves to the next timer and calls it; false when none is left. */
  readonly next: () => boolean
}

interface Timer {
  readonly atMs: number
  readonly call: () => void
  cancelled: boolean
}

export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs
  /** Ordered by time; of equal times the one that was asked for first comes first. */
  const timers: Timer[] = []

  function place(timer: Timer): void {
    let at = timers.length
    while (at > 0 && (timers[at - 1]?.atMs ?? 0) > timer.atMs) at -= 1
    timers.splice(at, 0, timer)
  }

  return {
    now: () => nowMs,
    monotonic: () => nowMs - startMs,
    after: (ms, call) => {
      const timer = { atMs: nowMs + Math.max(0, ms), call, cancelled: false }
      place(timer)
      return () => {
        timer.cancelled = true
      }
    },
    next: () => {
      for (;;) {
        const timer = timers.shift()
        if (!timer) return false
        if (timer.cancelled) continue
        nowMs = timer.atMs
        timer.call()
        return true
      }
    },
  }
}
