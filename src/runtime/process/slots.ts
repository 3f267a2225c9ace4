/** Lets at most `size` callers in at once, in the order they came. */
export interface Slots {
  /** Resolves with the release, which may be called more than once; rejects never. An aborted wait resolves with a release that does nothing. */
  readonly take: (signal: AbortSignal) => Promise<() => void>
}

/** @param size How many at once, at least 1. */
export function createSlots(size: number): Slots {
  let free = size
  const waiting: (() => void)[] = []
  const release = () => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  const held = () => {
    let once = false
    return () => {
      if (once) return
      once = true
      release()
    }
  }
  return {
    take: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(() => undefined)
        if (free > 0) {
          free -= 1
          return resolve(held())
        }
        const enter = () => {
          signal.removeEventListener('abort', leave)
          resolve(held())
        }
        const leave = () => {
          waiting.splice(waiting.indexOf(enter), 1)
          resolve(() => undefined)
        }
        waiting.push(enter)
        signal.addEventListener('abort', leave, { once: true })
      }),
  }
}
