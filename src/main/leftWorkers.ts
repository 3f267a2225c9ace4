import { readdirSync, readFileSync } from 'node:fs'

/**
 * Workers of a gateway of this folder that outlived it. They end by themselves within seconds, unless they hang: then
 * they still hold the doors.
 */
export function findLeftWorkers(entry: string, dir: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid)) return []
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      const at = words.indexOf('--dir')
      return words.includes(entry) && at >= 0 && words[at + 1] === dir && !isChildOfOurs(pid) ? [pid] : []
    } catch {
      // It ended.
      return []
    }
  })
}

function isChildOfOurs(pid: number): boolean {
  return /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] === String(process.pid)
}

const goneWithinMs = 2_000
const lookEveryMs = 20

/** Ends by KILL those that are still workers of this folder. Resolves when their sockets are free, or after 2 s. */
export async function killLeftWorkers(entry: string, dir: string): Promise<void> {
  for (const endAtMs = performance.now() + goneWithinMs; performance.now() < endAtMs; ) {
    const left = findLeftWorkers(entry, dir)
    if (left.length === 0) return
    for (const pid of left) kill(pid)
    await new Promise<void>((resolve) => {
      setTimeout(resolve, lookEveryMs)
    })
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}
