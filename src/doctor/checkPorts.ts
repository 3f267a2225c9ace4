import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from './finding.ts'
import { tryRead, type HomeUnderExamination } from './homeUnderExamination.ts'

const listening = '0A'

/** Whether the ports of the home are held by its own processes, or free while those are down. */
export function checkPorts(home: HomeUnderExamination, processes: ReadonlyMap<string, number>): readonly Finding[] {
  const inodes = readListeners()
  const ours = new Set([...processes.values()].flatMap(socketsOf))
  const gateway = [...processes].some(([name]) => name.startsWith('gateway'))
  const wanted = new Map(Object.entries(home.doors).map(([id, port]) => [`door ${id}`, { port, isUp: gateway }]))
  const api = readApiPort(home.path)
  if (api !== undefined && home.controlPlane !== undefined) wanted.set('API', { port: api, isUp: true })
  const foreign: string[] = []
  const silent: string[] = []
  for (const [name, { port, isUp }] of wanted) {
    const listeners = inodes.get(port) ?? []
    if (listeners.some((inode) => ours.has(inode))) continue
    if (listeners.length > 0) foreign.push(`${name}: ${port} is taken by another program`)
    else if (isUp) silent.push(`${name}: nobody listens on ${port}`)
  }
  const wrong = [...foreign, ...silent]
  return [
    {
      check: 'ports',
      ok: wrong.length === 0,
      what: `${wanted.size} ports of the home`,
      value: wrong.length === 0 ? 'held by its own processes, or free while those are down' : wrong.join('; '),
      good: 'nobody else listens on them',
      remedy:
        'End the program that listens there (`ss -ltnp` names it); doors keep their port for ever, because clients know it.',
    },
  ]
}

function readApiPort(home: string): number | undefined {
  return tryRead(() => {
    const { api } = JSON.parse(readFileSync(join(home, 'api.json'), 'utf8')) as { readonly api: string }
    return Number(new URL(api).port)
  }, undefined)
}

/** Port → inodes of the sockets that listen on it. */
function readListeners(): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of tryRead(() => readFileSync(file, 'utf8'), '').split('\n')) {
      const fields = line.trim().split(/\s+/)
      if (fields[3] !== listening) continue
      const port = Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16)
      found.set(port, [...(found.get(port) ?? []), `socket:[${fields[9]}]`])
    }
  }
  return found
}

function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`
  return tryRead(() => readdirSync(folder), []).map((fd) => tryRead(() => readlinkSync(join(folder, fd)), ''))
}
