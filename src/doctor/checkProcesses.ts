import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getState } from '../adapters/gateway/adminClient.ts'
import type { GatewayState } from '../engine/ports.ts'
import { instanceFolder } from '../runtime/process/instanceFolder.ts'
import { findByCookie, isAlive, sessionOf } from '../runtime/process/processIdentity.ts'
import type { Finding } from './finding.ts'
import { tryRead, type HomeUnderExamination } from './homeUnderExamination.ts'

const stateMs = 2_000

/** Whether what should run does, and nothing else of this home. */
export async function checkProcesses(home: HomeUnderExamination): Promise<readonly Finding[]> {
  const folders = tryRead(() => readdirSync(join(home.path, 'instances')), [])
  const isUp = folders.length > 0 || home.gateways.some(({ socket }) => existsSync(socket))
  return [checkControlPlane(home, isUp), ...(await checkInstances(home, folders))]
}

function checkControlPlane({ controlPlane, path }: HomeUnderExamination, isUp: boolean): Finding {
  return {
    check: 'processes',
    ok: controlPlane !== undefined || !isUp,
    what: 'control plane',
    value:
      controlPlane === undefined
        ? isUp
          ? 'does not run, others of the home do'
          : 'does not run, nothing does'
        : `pid ${controlPlane}`,
    good: 'one runs while gateways and instances do',
    remedy: `\`cofferdam up --home ${path}\` starts it and adopts what runs; \`logs/control-plane.log\` says why it ended.`,
  }
}

async function checkInstances(home: HomeUnderExamination, folders: readonly string[]): Promise<readonly Finding[]> {
  const root = join(home.path, 'instances')
  const cookies = await findByCookie(`${root}/`)
  const dead: string[] = []
  const sessions = new Map<string, number | undefined>()
  for (const id of folders) {
    const written = await instanceFolder(join(root, id)).process()
    const lives = written !== undefined && isAlive(written)
    if (!lives) dead.push(id)
    sessions.set(join(root, id), lives ? sessionOf(written.pid) : undefined)
  }
  const orphans = [...cookies].filter(([pid, folder]) => {
    const session = sessions.get(folder)
    return session === undefined || sessionOf(pid) !== session
  })
  return [
    {
      check: 'processes',
      ok: dead.length === 0,
      what: 'instances without a process',
      value: dead.length === 0 ? `none of ${folders.length}` : dead.join(', '),
      good: 'none',
      remedy:
        'A control plane starts them again: see `cofferdam logs SERVICE` for why they end, or `cofferdam up` if none runs.',
    },
    {
      check: 'processes',
      ok: orphans.length === 0,
      what: 'processes of this home that belong to no instance',
      value:
        orphans.length === 0
          ? 'none'
          : orphans.map(([pid, folder]) => `${pid} (${folder.slice(root.length + 1)})`).join(', '),
      good: 'none',
      remedy: 'A control plane ends them when it starts; by hand: `kill` with the pids above.',
    },
  ]
}

/** Whether every gateway answers, and works by the table of the store. */
export async function checkGateways(home: HomeUnderExamination): Promise<readonly Finding[]> {
  return Promise.all(
    home.gateways.map(async ({ id, socket, folder }) => {
      const finding = {
        check: 'gateways',
        what: `gateway ${id}`,
        good: `answers, with the generation of the store (${home.generation ?? 'unknown'})`,
        remedy:
          'A control plane that runs brings it up to date: `cofferdam up` starts what is down; its log is `logs/` of the home.',
      }
      let state: GatewayState
      try {
        state = await getState(socket, stateMs)
      } catch {
        const isDown = home.controlPlane === undefined && !existsSync(socket)
        const value = isDown
          ? `does not run, nothing does; its table is ${readGeneration(folder) ?? 'none'}`
          : 'does not answer'
        return { ...finding, ok: isDown, value }
      }
      const value = `pid ${state.pid}, generation ${state.generation}`
      const { tableProblem } = state
      if (tableProblem !== undefined)
        return {
          ...finding,
          ok: false,
          value: `${value}, which it could not write to its disk: ${tableProblem}`,
          remedy:
            'Make room on that disk, or make it writable: the gateway tries every second. Started anew before that, it begins with an older table.',
        }
      return { ...finding, ok: home.generation === undefined || state.generation === home.generation, value }
    }),
  )
}

function readGeneration(folder: string): number | undefined {
  const text = tryRead(() => readFileSync(join(folder, 'table.json'), 'utf8'), '{}')
  return tryRead(() => (JSON.parse(text) as { readonly generation?: number }).generation, undefined)
}
