import type { Committed, Write } from '../../engine/ports.ts'
import { Failed } from './commit.ts'

interface Waiting {
  readonly write: Write
  readonly done: (committed: Committed) => void
  readonly failed: (error: unknown) => void
}

/**
 * Commits what is asked for in one turn of the event loop in one transaction: hundreds of rollouts that are judged at once
 * wait for the disk once. Nothing waits for a later turn.
 */
export function createCommitTogether(
  commit: (writes: readonly Write[]) => readonly (Committed | Failed)[],
): (write: Write) => Promise<Committed> {
  let waiting: Waiting[] = []

  function flush(): void {
    const all = waiting
    waiting = []
    try {
      const answers = commit(all.map((one) => one.write))
      all.forEach(({ done, failed }, at) => {
        const answer = answers[at]!
        if (answer instanceof Failed) failed(answer.error)
        else done(answer)
      })
    } catch (error) {
      for (const { failed } of all) failed(error)
    }
  }

  return (write) =>
    new Promise((done, failed) => {
      if (waiting.length === 0) queueMicrotask(flush)
      waiting.push({ write, done, failed })
    })
}
