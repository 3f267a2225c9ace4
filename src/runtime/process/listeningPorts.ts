import { readdir, readFile, readlink } from 'node:fs/promises'
import { groupOf } from './processIdentity.ts'
import type { ProcessIdentity } from './processIdentity.ts'

const listening = '0A'
const mostNamed = 5

/** TCP ports on which a process, or another of its group, listens; ascending, at most 5, none when the system does not tell. */
export async function listeningPortsOf(process: ProcessIdentity): Promise<readonly number[]> {
  const group = groupOf(process)
  if (group === undefined) return []
  const portOf = new Map([...(await readTable('/proc/net/tcp')), ...(await readTable('/proc/net/tcp6'))])
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid))
  const found = new Set<number>()
  for (const pid of pids) {
    if (groupOf({ pid }) !== group) continue
    for (const socket of await socketsOf(pid)) {
      const port = portOf.get(socket)
      if (port !== undefined) found.add(port)
    }
  }
  return [...found].toSorted((a, b) => a - b).slice(0, mostNamed)
}

/** Listening sockets by their inode. */
async function readTable(path: string): Promise<readonly (readonly [string, number])[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const port = fields[1]?.split(':').at(-1)
    return fields[3] === listening && port !== undefined ? [[`socket:[${fields[9]}]`, Number.parseInt(port, 16)]] : []
  })
}

async function socketsOf(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  return Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
}
