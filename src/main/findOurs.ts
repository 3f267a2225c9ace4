import { readdirSync, readFileSync } from 'node:fs'

/** The entry file of a process that a supervisor keeps running. */
export type KeptProcess = 'controlPlane.ts' | 'gateway.ts'

/**
 * Processes of ours that work on a home, by their command lines: what a supervisor wrote down may be older than what
 * runs, because a full or read-only disk kept it from writing.
 */
export function findOurs(home: string, entry: KeptProcess): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid)) return []
    const words = commandOf(pid)
    const isEntry = words[0]?.endsWith('node') === true && words.some((word) => word.endsWith(`/main/${entry}`))
    return isEntry && namesHome(words, home) ? [pid] : []
  })
}

/** The pid may be another program's by now: ours has the home in its command line. */
export function isOurs(pid: number, home: string): boolean {
  return namesHome(commandOf(pid), home)
}

function namesHome(words: readonly string[], home: string): boolean {
  return words.some((word) => word === home || word.startsWith(`${home}/`))
}

/** Empty when it ended. */
function commandOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
