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

/** The exits within the window that ends at `nowMs`, oldest first. */
export function exitsWithin(exits: readonly Exit[], withinMs: number, nowMs: number): readonly Exit[] {
  return exits.filter((exit) => exit.atMs > nowMs - withinMs)
}
