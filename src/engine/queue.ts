import type { Clock } from './ports.ts'

export interface Queue {
  /** Asks for a pass of this key; a pass that already waits is not doubled. */
  readonly wake: (key: string) => void
  /** Runs a pass now, after one that is under way, and waits for its end. */
  readonly run: (key: string) => Promise<void>
  /** Stops: nothing starts any more; resolves when nothing runs. */
  readonly stop: () => Promise<void>
}

/** A pass: returns when to look again (epoch ms), or nothing when the key has ended. */
export type Pass = (key: string) => Promise<number | undefined>

const firstBackOffMs = 250
const longestBackOffMs = 30_000

interface Entry {
  running?: Promise<void>
  again: boolean
  failures: number
  cancel?: () => void
}

/** One run per key at a time, coalescing, back-off after an error, wake-at. Activations carry a key and nothing else. */
export function createQueue(clock: Clock, pass: Pass, report: (key: string, error: unknown) => void): Queue {
  const entries = new Map<string, Entry>()
  let stopped = false

  async function runOnce(key: string, entry: Entry): Promise<void> {
    entry.again = false
    entry.cancel?.()
    let wakeAtMs: number | undefined
    try {
      wakeAtMs = await pass(key)
      entry.failures = 0
    } catch (error) {
      entry.failures += 1
      report(key, error)
      wakeAtMs = clock.now() + Math.min(longestBackOffMs, firstBackOffMs * 2 ** (entry.failures - 1))
    }
    delete entry.running
    if (stopped) return
    if (entry.again) start(key, entry)
    else if (wakeAtMs === undefined) entries.delete(key)
    else entry.cancel = clock.after(Math.max(0, wakeAtMs - clock.now()), () => start(key, entry))
  }

  function start(key: string, entry: Entry): void {
    if (stopped || entry.running) return
    entry.running = runOnce(key, entry)
  }

  function entryOf(key: string): Entry {
    const known = entries.get(key)
    if (known) return known
    const entry: Entry = { again: false, failures: 0 }
    entries.set(key, entry)
    return entry
  }

  return {
    wake: (key) => {
      const entry = entryOf(key)
      if (entry.running) entry.again = true
      else start(key, entry)
    },
    run: async (key) => {
      await entries.get(key)?.running
      // Asked for after the wait: a key that ended meanwhile is forgotten, and its next pass must be known to others.
      const entry = entryOf(key)
      if (!entry.running) start(key, entry)
      await entry.running
    },
    stop: async () => {
      stopped = true
      for (const entry of entries.values()) entry.cancel?.()
      await Promise.all([...entries.values()].flatMap((entry) => entry.running ?? []))
    },
  }
}
