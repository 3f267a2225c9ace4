import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const listening = '0A'

/** Who listens on a TCP port of this machine: pid and command line, as far as Linux lets us see it. */
export function findPortHolder(port: number): { readonly pid: number; readonly command: string } | undefined {
  const inodes = new Set([...readInodes('/proc/net/tcp', port), ...readInodes('/proc/net/tcp6', port)])
  if (inodes.size === 0) return undefined
  for (const pid of tryRead(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${pid}/fd`
    const holds = tryRead(() => readdirSync(folder), []).some((fd) =>
      inodes.has(tryRead(() => readlinkSync(`${folder}/${fd}`), '')),
    )
    if (holds) {
      const command = tryRead(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')
        .replaceAll('\0', ' ')
        .trim()
      return { pid: Number(pid), command: command.slice(0, 200) }
    }
  }
  return undefined
}

function readInodes(path: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return tryRead(() => readFileSync(path, 'utf8'), '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === listening)
    .map((fields) => `socket:[${fields[9]}]`)
}

/** Processes come and go while we look, and most are not ours to look into. */
function tryRead<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
