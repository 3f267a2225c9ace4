import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

/** Processes that have `text` in their environment. */
export function findByEnvironment(text: string): readonly number[] {
  return pids().filter((pid) => read(`/proc/${pid}/environ`).includes(text))
}

/** Processes that have `text` in their environment or on their command line; never this one. */
export function findByHome(home: string): readonly number[] {
  return pids().filter(
    (pid) =>
      pid !== process.pid &&
      (read(`/proc/${pid}/environ`).includes(home) || read(`/proc/${pid}/cmdline`).includes(home)),
  )
}

export function describeProcess(pid: number): string {
  return `${pid} (${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 120)})`
}

/** Alive and no zombie. */
export function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`)
  return stat !== '' && !/^\S+ \(.*\) [ZX]/.test(stat)
}

/** Clock ticks from boot to the start of the process: with its pid, which process it is. */
export function startTicks(pid: number): string {
  return (
    read(`/proc/${pid}/stat`)
      .replace(/^.*\) /, '')
      .split(' ')[19] ?? ''
  )
}

/** Ports that these processes listen on. */
export function listeningPorts(of: readonly number[]): readonly number[] {
  const inodes = new Map<string, number>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(file).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      if (fields[3] === '0A') inodes.set(fields[9] ?? '', Number.parseInt(fields[1]?.split(':')[1] ?? '', 16))
    }
  }
  const ports = new Set<number>()
  for (const pid of of) {
    for (const link of sockets(pid)) {
      const port = inodes.get(link)
      if (port !== undefined) ports.add(port)
    }
  }
  return [...ports]
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    // Already gone.
    return false
  }
}

function sockets(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isAlive(pid))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended while we looked, or it is not ours to look at.
    return ''
  }
}
