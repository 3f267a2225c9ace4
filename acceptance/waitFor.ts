import { setTimeout as pause } from 'node:timers/promises'

export interface WaitOptions {
  readonly withinMs: number
  readonly everyMs?: number
}

/** Asks until there is an answer. @throws with `what` and the last error when the time has passed. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const found = await tryFor(ask, options)
  if (found.value !== undefined) return found.value
  throw new Error(
    `${what}: not within ${options.withinMs / 1000} s${found.error === undefined ? '' : ` (${found.error})`}`,
  )
}

/** As `waitFor`, but `undefined` when the time has passed. */
export async function tryFor<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<{ readonly value?: T; readonly error?: string }> {
  const deadline = performance.now() + options.withinMs
  let error: string | undefined
  for (;;) {
    try {
      const value = await ask()
      if (value !== undefined) return { value }
      error = undefined
    } catch (reason) {
      error = reason instanceof Error ? reason.message : String(reason)
    }
    if (performance.now() >= deadline) return error === undefined ? {} : { error }
    await pause(options.everyMs ?? 100)
  }
}
