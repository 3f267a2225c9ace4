import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInstance } from './instance.ts'
import type { Found, Instance } from './instance.ts'
import { instanceFolder } from './instanceFolder.ts'
import { isShim } from './launch.ts'
import { patient, waitFor } from './pause.ts'
import type { Ports } from './ports.ts'
import { findByCookie, isAlive, killByCookie, sessionOf } from './processIdentity.ts'
import type { InstanceWorld } from './supervision.ts'

const settleWithinMs = 1_500

/**
 * Takes over every instance that an earlier runtime wrote down, and kills what carries this home's cookie and belongs to
 * none. Those that were ready are ready again when it resolves, or after 1.5 s: so that nobody takes a restart of the
 * control plane for a loss of its hosts.
 */
export async function adoptInstances(
  world: InstanceWorld,
  root: string,
  ports: Ports,
): Promise<ReadonlyMap<string, Instance>> {
  const processes = await processesByFolder(root)
  const adopted = new Map<string, Instance>()
  const serving: Instance[] = []
  for (const id of await readdir(root)) {
    const folder = instanceFolder(join(root, id))
    const state = await folder.read()
    if (state === undefined) {
      // Without a whole spec it died before anything was started.
      await folder.delete()
      continue
    }
    ports.keep(state.port)
    const found = await endStrays(folder.path, processes.get(folder.path) ?? [])
    processes.delete(folder.path)
    const instance = createInstance(world, folder, state, found)
    adopted.set(id, instance)
    if (found.running?.readyAtMs !== undefined && !state.removing) serving.push(instance)
  }
  for (const path of processes.keys()) await killByCookie(path)
  const settled = () => (serving.every((instance) => instance.seen().phase !== 'starting') ? true : undefined)
  await waitFor(world.clock, { everyMs: 10, withinMs: settleWithinMs, signal: patient }, settled)
  return adopted
}

async function processesByFolder(root: string): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>()
  for (const [pid, folder] of await findByCookie(`${root}/`)) found.set(folder, [...(found.get(folder) ?? []), pid])
  return found
}

/**
 * Ends what carries the instance's cookie and is not its one process with its shim: a store command, or a second start,
 * of a control plane that died.
 */
async function endStrays(path: string, pids: readonly number[]): Promise<Found> {
  const written = await instanceFolder(path).process()
  if (written !== undefined && isAlive(written)) {
    const session = sessionOf(written.pid)
    if (pids.length > 0) await killByCookie(path, session)
    return { running: written }
  }
  const [only, ...others] = written === undefined ? await shimsOf(path, pids) : []
  if (only !== undefined && others.length === 0) {
    await killByCookie(path, only)
    return { pidExpected: true }
  }
  if (pids.length > 0) await killByCookie(path)
  return {}
}

async function shimsOf(path: string, pids: readonly number[]): Promise<readonly number[]> {
  const shims: number[] = []
  for (const pid of pids) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (isShim(commandLine, path) && sessionOf(pid) === pid) shims.push(pid)
  }
  return shims
}
