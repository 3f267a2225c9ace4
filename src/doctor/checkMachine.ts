import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from './finding.ts'
import { tryRead, type HomeUnderExamination } from './homeUnderExamination.ts'

/** A build has at most 512 MB: room for one, and as much for the store and the logs. */
const goodFreeBytes = 1024 * 1024 * 1024
/** A build has at most 20,000 files: two of them. */
const goodFreeInodes = 40_000

/** Room on the disk of the home. */
export function checkDisk({ path }: HomeUnderExamination): readonly Finding[] {
  const { bavail, bsize, files, ffree } = statfsSync(path)
  const bytes = bavail * bsize
  const space: Finding = {
    check: 'disk',
    ok: bytes >= goodFreeBytes,
    what: `free on the disk of ${path}`,
    value: `${bytes} bytes`,
    good: `at least ${goodFreeBytes} bytes: one build of the largest size, and as much for the store and the logs`,
    remedy: 'Remove what is not needed from that disk; builds that nothing runs any more are in `builds/` of the home.',
  }
  // Some file systems make inodes as they need them and say 0 of 0.
  if (files === 0) return [space]
  const inodes: Finding = {
    check: 'disk',
    ok: ffree >= goodFreeInodes,
    what: `free inodes on the disk of ${path}`,
    value: String(ffree),
    good: `at least ${goodFreeInodes}: two builds of the most files`,
    remedy: 'Remove folders with many small files from that disk, or make a file system with more inodes.',
  }
  return [space, inodes]
}

const goodDescriptors = 4_096
const goodUsedShare = 0.8

/** The limit of open files, and how many are open, of each process of ours that runs; else of this one. */
export function checkDescriptors(processes: ReadonlyMap<string, number>): readonly Finding[] {
  const seen = processes.size > 0 ? processes : new Map([['this command', process.pid]])
  return [...seen].map(([name, pid]) => {
    const limits = tryRead(() => readFileSync(`/proc/${pid}/limits`, 'utf8'), '')
    const limit = Number(/^Max open files\s+(?<soft>\d+)/m.exec(limits)?.groups?.['soft'] ?? 0)
    const open = tryRead(() => countOpenFiles(pid), 0)
    return {
      check: 'descriptors',
      ok: limit >= goodDescriptors && open <= limit * goodUsedShare,
      what: `open files of ${name} (pid ${pid})`,
      value: `${open} of ${limit}`,
      good: `a limit of at least ${goodDescriptors}, at most ${goodUsedShare * 100} % of it used`,
      remedy: 'Raise it where it is started: `ulimit -n 65536`, or LimitNOFILE= of its unit; then start it again.',
    }
  })
}

function countOpenFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

const lookMs = 200
const goodJumpMs = 50
const goodSkewMs = 2_000

/** Whether the clock runs evenly, and whether everybody has the same. */
export async function checkClock(home: HomeUnderExamination): Promise<readonly Finding[]> {
  const remedy = 'Let one time service keep the clock (chrony, systemd-timesyncd), slewing instead of stepping.'
  const [wall, steady] = [Date.now(), performance.now()]
  await sleep(lookMs)
  const jumpMs = Date.now() - wall - (performance.now() - steady)
  const findings: Finding[] = [
    {
      check: 'clock',
      ok: Math.abs(jumpMs) <= goodJumpMs,
      what: `wall clock against the monotonic one over ${lookMs} ms`,
      value: `${jumpMs.toFixed(1)} ms apart`,
      good: `at most ${goodJumpMs} ms`,
      remedy,
    },
  ]
  if (home.lastEventAtMs !== undefined) {
    const aheadMs = home.lastEventAtMs - Date.now()
    findings.push({
      check: 'clock',
      ok: aheadMs <= goodSkewMs,
      what: 'last event in the store',
      value: aheadMs > 0 ? `${aheadMs} ms in the future` : `${-aheadMs} ms ago`,
      good: 'not in the future: else the clock was set back since',
      remedy: `${remedy} Nothing needs mending here: events are ordered by number.`,
    })
  }
  for (const { id, socket } of home.gateways) {
    const date = await dateOf(socket)
    if (date === undefined) continue
    // The header has whole seconds.
    const skewMs = Math.max(0, Math.abs(date + 500 - Date.now()) - 500)
    findings.push({
      check: 'clock',
      ok: skewMs <= goodSkewMs,
      what: `clock of gateway ${id} against ours`,
      value: `${Math.round(skewMs)} ms apart`,
      good: `at most ${goodSkewMs} ms`,
      remedy: 'Start the gateway in the same clock as the rest: outside of a container or tool that shifts time.',
    })
  }
  return findings
}

function dateOf(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/', agent: false, timeout: 2_000 }, (response) => {
      response.resume()
      const date = Date.parse(response.headers.date ?? '')
      resolve(Number.isNaN(date) ? undefined : date)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}
