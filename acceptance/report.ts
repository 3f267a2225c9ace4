/** What a row says: numbers that it measured, and what had to hold. */
export interface Report {
  readonly measure: (text: string) => void
  /** Prints and remembers whether something held; returns it, so that a row can stop early. */
  readonly check: (holds: boolean, text: string) => boolean
  /** What was measured says nothing, because of who measured: it cannot fail, nor does a failure count. */
  readonly void: (why: string) => void
  readonly isVoid: () => boolean
  readonly failures: () => readonly string[]
  readonly checks: () => number
}

/** @param write prints one line. */
export function createReport(write: (line: string) => void): Report {
  const failures: string[] = []
  let checks = 0
  let isVoid = false
  return {
    measure: (text) => write(`       ${text}`),
    check: (holds, text) => {
      checks += 1
      if (!holds) failures.push(text)
      write(`  ${holds ? 'ok  ' : 'FAIL'} ${text}`)
      return holds
    },
    void: (why) => {
      isVoid = true
      write(`  void ${why}`)
    },
    isVoid: () => isVoid,
    failures: () => failures,
    checks: () => checks,
  }
}
