export interface Arrivals {
  /** How many arrivals are due by `nowMs`, how many of them more than 50 ms ago, and how many were given up. */
  readonly take: (nowMs: number) => { readonly due: number; readonly late: number; readonly missed: number }
  readonly nextAtMs: () => number
}

/** What is older than this is not made up for: after a long stop the load goes on, it does not burst. */
const giveUpAfterMs = 1000
const lateAfterMs = 50

/**
 * Poisson arrivals, `perSecond` on average, whatever becomes of the ones before (an open loop). The times between
 * arrivals are exponential: -ln(1 - u) / rate, with u uniform in [0, 1).
 */
export function openArrivals(perSecond: number, random: () => number, startMs: number): Arrivals {
  const gapMs = () => (-Math.log(1 - random()) * 1000) / perSecond
  let nextAtMs = startMs + gapMs()
  return {
    take: (nowMs) => {
      let due = 0
      let late = 0
      let missed = 0
      if (nowMs - nextAtMs > giveUpAfterMs) {
        missed = Math.round(((nowMs - nextAtMs) / 1000) * perSecond)
        nextAtMs = nowMs + gapMs()
      }
      for (; nextAtMs <= nowMs; nextAtMs += gapMs()) {
        due += 1
        if (nowMs - nextAtMs > lateAfterMs) late += 1
      }
      return { due, late, missed }
    },
    nextAtMs: () => nextAtMs,
  }
}
