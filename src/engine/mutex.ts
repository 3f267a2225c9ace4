/** Runs one call at a time, in the order asked. */
export type Mutex = <T>(call: () => Promise<T>) => Promise<T>

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve()
  return (call) => {
    const run = last.then(call, call)
    last = run.catch(() => undefined)
    return run
  }
}
