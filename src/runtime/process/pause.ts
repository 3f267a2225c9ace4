import type { Clock } from '../../engine/ports.ts'

/** For waits that nothing cuts short. */
export const patient = new AbortController().signal

/** Waits `ms` on the clock, or less when the signal aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** Asks again every `everyMs` until the answer is not undefined, `withinMs` have passed or the signal aborts. */
export async function waitFor<T>(
  clock: Clock,
  options: { readonly everyMs: number; readonly withinMs: number; readonly signal: AbortSignal },
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T | undefined> {
  const endMs = clock.monotonic() + options.withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined || options.signal.aborted || clock.monotonic() >= endMs) return answer
    await pause(clock, options.everyMs, options.signal)
  }
}
