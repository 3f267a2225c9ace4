import { spawn } from 'node:child_process'
import { access, constants, mkdir, stat } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { identify } from './processIdentity.ts'
import type { ProcessIdentity } from './processIdentity.ts'

const shim = fileURLToPath(new URL('shim.sh', import.meta.url))

export interface Launch {
  /** Where the shim writes `log`, `pid`, `start` and `exit`; made if missing. */
  readonly folder: string
  readonly cwd: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Read end of the supervisor's pipe: with it, everything dies when its last writer does. */
  readonly lifeline?: number
}

/** Starts the shim in a session of its own and lets go of it; returns the shim. Rejects when the system refuses to start it. */
export async function launchShim(launch: Launch): Promise<ProcessIdentity> {
  await mkdir(launch.folder, { recursive: true, mode: 0o700 })
  const lifeline = launch.lifeline === undefined ? [] : [launch.lifeline]
  const child = spawn('/bin/sh', [shim, launch.folder, ...launch.command], {
    cwd: launch.cwd,
    env: { ...launch.environment, ...(launch.lifeline === undefined ? {} : { COFFERDAM_LIFELINE: '1' }) },
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', ...lifeline],
  })
  await new Promise<void>((started, refused) => {
    child.once('error', refused)
    child.once('spawn', started)
  })
  child.unref()
  return identify(child.pid ?? 0)
}

/** Whether a command line of /proc runs the shim for this folder. */
export function isShim(commandLine: string, folder: string): boolean {
  const words = commandLine.split('\0')
  return words[1] === shim && words[2] === folder
}

/** Says why a command cannot be started in a folder, or `undefined` when its first word is a program. */
export async function whyNotStartable(
  command: readonly string[],
  cwd: string,
  path: string,
): Promise<string | undefined> {
  const word = command[0]
  if (word === undefined || word === '') return 'the command is empty'
  const folders = word.includes('/') ? [''] : path.split(delimiter)
  const candidates = folders.map((folder) => resolve(cwd, folder, word))
  let why = word.includes('/') ? 'there is no such file in the build' : `it is not on PATH (${path})`
  for (const candidate of candidates) {
    const file = await stat(candidate).catch(() => undefined)
    if (file === undefined || !file.isFile()) continue
    if (
      await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return undefined
    why = `${candidate} is not executable`
  }
  return `"${word}" of the command "${command.join(' ')}": ${why}`
}
