import type { Clock } from '../engine/ports.ts'

/** How fast it approaches the wall clock: it gains or loses 3 s a minute, which moves no deadline noticeably. */
const slew = 0.05

/**
 * A wall clock that never jumps and never goes back: it runs with the monotonic clock and approaches the system's time
 * slowly. A step of the system's clock by an hour would else end a share's deadline at once, or make events of later
 * older.
 *
 * @param system the clock that may jump.
 * @param notBeforeMs the newest instant that was written down before: a start after the clock was set back goes on there.
 */
export function createSteadyClock(system: Clock, notBeforeMs: number): Clock {
  let lastMs = Math.max(system.now(), notBeforeMs)
  let lastMonotonic = system.monotonic()
  return {
    ...system,
    now: () => {
      const monotonic = system.monotonic()
      const passedMs = Math.max(0, monotonic - lastMonotonic)
      const apartMs = system.now() - (lastMs + passedMs)
      const correctionMs = Math.sign(apartMs) * Math.min(Math.abs(apartMs), passedMs * slew)
      lastMs += passedMs + correctionMs
      lastMonotonic = monotonic
      return Math.floor(lastMs)
    },
  }
}
