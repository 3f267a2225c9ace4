/** Runs one call at a time, in the order asked. */
export function createMutex(): <T>(call: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (call) => {
    const run = last.then(call, call)
    last = run.catch(() => undefined)
    return run
  }
}
