import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const graceMs = 2_500
const lookEveryMs = 100

/** Ends every process of a home that carries an instance's cookie: TERM, then KILL. Resolves when none is left. */
export async function endInstances(home: string): Promise<number> {
  const first = findInstanceProcesses(home)
  signal(first, 'SIGTERM')
  const deadline = performance.now() + graceMs
  while (performance.now() < deadline && findInstanceProcesses(home).length > 0) await pause()
  for (let round = 0; round < 20 && findInstanceProcesses(home).length > 0; round += 1) {
    signal(findInstanceProcesses(home), 'SIGKILL')
    await pause()
  }
  try {
    rmSync(join(home, 'instances'), { recursive: true, force: true })
  } catch {
    // A disk that cannot be written: the next control plane finds folders of processes that are gone.
  }
  return first.length
}

/** Processes whose environment names an instance of this home; never this process. */
export function findInstanceProcesses(home: string): readonly number[] {
  const cookie = `COFFERDAM_INSTANCE=${join(home, 'instances')}/`
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) return []
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .some((one) => one.startsWith(cookie))
        ? [pid]
        : []
    } catch {
      // It ended, or it is not ours to look at: then it is none of this home's instances.
      return []
    }
  })
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // Already gone.
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, lookEveryMs)
  })
}
