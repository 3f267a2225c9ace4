import { mkdir, open, readFile, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceSpec } from '../../domain/catalog/instance.ts'
import type { Exit } from '../backOff.ts'
import type { ProcessIdentity } from './processIdentity.ts'

/** What a folder `instances/<id>` says about its instance. */
export interface FolderState {
  readonly spec: InstanceSpec
  readonly port: number
  readonly removing: boolean
  readonly everReady: boolean
  /** Exits that were seen, oldest first. */
  readonly exits: readonly Exit[]
}

export interface WrittenProcess extends ProcessIdentity {
  /** When the shim wrote it down; the same for everyone who reads it. */
  readonly startedAtMs: number
  /** When it first answered its health path, if it did. */
  readonly readyAtMs?: number
}

/** The folder of one instance: everything that must outlive the control plane, each file written whole and then renamed. */
export interface InstanceFolder {
  readonly path: string
  readonly create: (spec: InstanceSpec, port: number) => Promise<void>
  readonly writeSpec: (spec: InstanceSpec) => Promise<void>
  readonly read: () => Promise<FolderState | undefined>
  /** The process that the shim wrote down, whether or not it still runs. */
  readonly process: () => Promise<WrittenProcess | undefined>
  /** The exit that the shim wrote down. */
  readonly exit: () => Promise<Exit | undefined>
  /** Forgets the last process, so that the next one's files are not mistaken for it. */
  readonly clearProcess: () => Promise<void>
  readonly writeExits: (exits: readonly Exit[]) => Promise<void>
  /** Remembers that this process became ready, and when. */
  readonly markReady: (process: ProcessIdentity, readyAtMs: number) => Promise<void>
  readonly markRemoving: () => Promise<void>
  readonly delete: () => Promise<void>
}

/** Opens the folder without touching the disk. */
export function instanceFolder(path: string): InstanceFolder {
  const file = (name: string) => join(path, name)
  const text = (name: string) => readFile(file(name), 'utf8').catch(() => undefined)
  const write = (name: string, content: string) => writeWhole(file(name), content)
  const writeSpec = async (spec: InstanceSpec) => {
    await write('spec.json', `${JSON.stringify(spec)}\n`)
    await write('generation', `${spec.generation}\n`)
  }
  return {
    path,
    create: async (spec, port) => {
      await mkdir(path, { recursive: true, mode: 0o700 })
      await write('port', `${port}\n`)
      await writeSpec(spec)
    },
    writeSpec,
    read: () => readState(path),
    process: () => readProcess(path),
    exit: async () => {
      const [code, seen] = await Promise.all([text('exit'), stat(file('exit')).catch(() => undefined)])
      return code === undefined || seen === undefined
        ? undefined
        : { code: Number(code), atMs: Math.round(seen.mtimeMs) }
    },
    clearProcess: async () => {
      // The pid goes first: without it nothing is adopted.
      for (const name of ['pid', 'start', 'exit']) await unlink(file(name)).catch(() => undefined)
    },
    writeExits: (exits) => write('exits.json', `${JSON.stringify(exits)}\n`),
    markReady: (ready, readyAtMs) =>
      write('ready', `${JSON.stringify({ startTicks: ready.startTicks, pid: ready.pid, readyAtMs })}\n`),
    markRemoving: () => write('removing', ''),
    delete: () => rm(path, { recursive: true, force: true }),
  }
}

async function readProcess(path: string): Promise<WrittenProcess | undefined> {
  const [pid, startTicks, written, ready] = await Promise.all([
    readFile(join(path, 'pid'), 'utf8').catch(() => ''),
    readFile(join(path, 'start'), 'utf8').catch(() => ''),
    stat(join(path, 'pid')).catch(() => undefined),
    readJson<ProcessIdentity & { readyAtMs: number }>(join(path, 'ready')),
  ])
  if (!/^\d+\n$/.test(pid) || written === undefined) return undefined
  const identity = { pid: Number(pid), startTicks: startTicks.trim(), startedAtMs: Math.round(written.mtimeMs) }
  const same = ready?.pid === identity.pid && ready.startTicks === identity.startTicks
  return same ? { ...identity, readyAtMs: ready.readyAtMs } : identity
}

async function readState(path: string): Promise<FolderState | undefined> {
  const [spec, port, exits, names] = await Promise.all([
    readJson<InstanceSpec>(join(path, 'spec.json')),
    readJson<number>(join(path, 'port')),
    readJson<readonly Exit[]>(join(path, 'exits.json')),
    readdir(path).catch(() => [] as string[]),
  ])
  if (spec === undefined || port === undefined) return undefined
  return { spec, port, exits: exits ?? [], removing: names.includes('removing'), everReady: names.includes('ready') }
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Writes a file so that a reader, also after a crash, sees the old content or the new, never a part. */
export async function writeWhole(path: string, content: string): Promise<void> {
  const temporary = `${path}.tmp`
  await writeFile(temporary, content, { mode: 0o600 })
  const handle = await open(temporary, 'r+')
  await handle.datasync().finally(() => handle.close())
  await rename(temporary, path)
}
