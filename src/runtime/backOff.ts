/** Wait before the n-th start in a row after an exit, in milliseconds: 250, 500, 1000 … 30,000. `n` counts from 1. */
export function backOffMs(n: number): number {
  return Math.min(30_000, 250 * 2 ** Math.min(20, Math.max(0, n - 1)))
}

/** An instance that was ready this long starts its back-off anew. */
export const steadyAfterMs = 30_000

export interface Exit {
  readonly atMs: number
  readonly code: number
}

/** The time of a file may be this much ahead of a clock that was read before it. */
const aheadMs = 1_000

/**
 * The exits within the window that ends at `nowMs`, oldest first. One of the future was written down before the clock was
 * set back: nobody knows how long ago, and it must not make a crash loop of what is old.
 */
export function exitsWithin(exits: readonly Exit[], withinMs: number, nowMs: number): readonly Exit[] {
  return exits.filter((exit) => exit.atMs > nowMs - withinMs && exit.atMs <= nowMs + aheadMs)
}
