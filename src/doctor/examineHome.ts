import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { getState } from '../adapters/gateway/adminClient.ts'
import { CofferdamError } from '../domain/errors.ts'
import { checkPermissions, checkVersions } from './checkAccess.ts'
import { checkCertificates } from './checkCertificates.ts'
import { checkClock, checkDescriptors, checkDisk } from './checkMachine.ts'
import { checkPorts } from './checkPorts.ts'
import { checkGateways, checkProcesses } from './checkProcesses.ts'
import { checkStore } from './checkStore.ts'
import type { Finding } from './finding.ts'
import { openHome, type HomeUnderExamination } from './homeUnderExamination.ts'

/**
 * Looks at everything that a home needs, with a remedy for what is not good. Changes nothing; asks no API, so that it
 * works also when the control plane is down.
 *
 * @throws `unreachable` when there is no such folder.
 */
export async function examineHome(folder: string): Promise<readonly Finding[]> {
  const path = resolve(folder)
  if (!existsSync(path)) throw new CofferdamError('unreachable', `there is no home at ${path}`)
  const home = openHome(path)
  const processes = await findProcesses(home)
  const checks: readonly (readonly [name: string, check: () => Promise<readonly Finding[]> | readonly Finding[]])[] = [
    ['store', () => checkStore(home)],
    ['clock', () => checkClock(home)],
    ['disk', () => checkDisk(home)],
    ['ports', () => checkPorts(home, processes)],
    ['descriptors', () => checkDescriptors(processes)],
    ['versions', () => checkVersions(processes)],
    ['processes', () => checkProcesses(home)],
    ['gateways', () => checkGateways(home)],
    ['certificates', () => checkCertificates(home)],
    ['access', () => checkPermissions(home)],
  ]
  const findings: Finding[] = []
  for (const [name, check] of checks) findings.push(...(await examine(name, check)))
  return findings
}

/** One check that cannot be made does not keep the others from being made. */
async function examine(
  name: string,
  check: () => Promise<readonly Finding[]> | readonly Finding[],
): Promise<readonly Finding[]> {
  try {
    return await check()
  } catch (error) {
    const value = `could not be looked at: ${error instanceof Error ? error.message : String(error)}`
    const remedy = 'Run it as the user who owns the home.'
    return [{ check: name, ok: false, what: name, value, good: 'can be looked at', remedy }]
  }
}

/** Name → pid of the processes of ours that run. */
async function findProcesses(home: HomeUnderExamination): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  if (home.controlPlane !== undefined) found.set('control plane', home.controlPlane)
  for (const { id, socket } of home.gateways) {
    const state = await getState(socket, 2_000).catch(() => undefined)
    if (state !== undefined) found.set(`gateway ${id}`, state.pid)
  }
  return found
}
