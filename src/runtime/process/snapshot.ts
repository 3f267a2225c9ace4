import { createHash, randomBytes } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import {
  access,
  chmod,
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  unlink,
} from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { CofferdamError } from '../../domain/errors.ts'
import type { Builds } from '../../engine/ports.ts'
import { openInside } from './openInside.ts'
import { checkLimits, leaving, listTree } from './tree.ts'
import type { TreeEntry } from './tree.ts'

const copiesAtOnce = 8
const attempts = 3

/**
 * Builds of the process runtime: trees under `<home>/builds/<sha256>/`. Files are read-only and, when equal, hard-linked
 * between snapshots through `<home>/content/`, never with the source.
 */
export function createBuilds(home: string): Builds {
  const root = resolve(home)
  let swept: Promise<void> | undefined
  const treePath = (digest: string) => join(root, 'builds', hexOf(digest))
  return {
    snapshot: async (from, command, mustHold) => {
      await (swept ??= sweepUnfinished(root))
      return snapshot(root, from, command, mustHold ?? false)
    },
    has: async (digest) => /^sha256:[0-9a-f]{64}$/.test(digest) && (await exists(treePath(digest))),
    path: treePath,
  }
}

/** Removes what a process that died in the middle of a snapshot left behind. */
async function sweepUnfinished(home: string): Promise<void> {
  const names = await readdir(join(home, 'builds')).catch(() => [])
  for (const name of names)
    if (name.startsWith('.tmp-')) await rm(join(home, 'builds', name), { recursive: true, force: true })
}

function hexOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
  if (hex === undefined)
    throw new CofferdamError('unknown-build', `"${digest}" is not a digest; one looks like sha256: and 64 hex digits`)
  return hex
}

type Snapshot = Awaited<ReturnType<Builds['snapshot']>>

async function snapshot(home: string, from: string, command: readonly string[], mustHold: boolean): Promise<Snapshot> {
  if (command.length === 0)
    throw new CofferdamError('not-a-service-folder', `folder "${from}" comes without a run command`)
  const source = await sourceFolder(from)
  if (mustHold) await checkProgram(source, command)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await copyOnce(home, source, command)
    } catch (error) {
      // An editor that saves by rename makes a listed file vanish for a moment.
      const vanished = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!vanished || attempt === attempts) throw readable(source, error)
    }
  }
}

async function sourceFolder(from: string): Promise<string> {
  try {
    const source = await realpath(from)
    if ((await stat(source)).isDirectory()) return source
  } catch (cause) {
    throw new CofferdamError('not-a-service-folder', `folder "${from}" cannot be opened`, { cause })
  }
  throw new CofferdamError('not-a-service-folder', `"${from}" is a file, not a folder`)
}

/** What Node takes for `node main`, besides the name itself. */
const nodeEndings = ['', '.js', '.json', '.node']

/** Only what is certain: a program by its path, and the file that our own Node is told to run. */
async function checkProgram(source: string, command: readonly string[]): Promise<void> {
  const [first = '', second = ''] = command
  const isNode = first === 'node' && second !== '' && !second.startsWith('-')
  const program = isNode ? second : first
  if (!isNode && !first.includes('/')) return
  for (const ending of isNode ? nodeEndings : ['']) if (await exists(resolve(source, program + ending))) return
  throw new CofferdamError(
    'not-a-service-folder',
    `folder "${source}" is not this service: it holds no "${program}", which its command "${command.join(' ')}" runs`,
  )
}

function readable(source: string, error: unknown): unknown {
  if (error instanceof CofferdamError || !(error instanceof Error) || !('code' in error)) return error
  const path = 'path' in error ? String(error.path) : source
  const text =
    error.code === 'ENOENT' ? 'kept changing while it was copied' : `cannot be copied (${String(error.code)})`
  return new CofferdamError('not-a-service-folder', `folder "${source}" cannot become a build: "${path}" ${text}`, {
    cause: error,
  })
}

/** Everything is computed from the copy, so a file that changes meanwhile is either old or new, and the digest is right for it. */
async function copyOnce(home: string, source: string, command: readonly string[]): Promise<Snapshot> {
  const entries = await listTree(source, home)
  const temporary = join(home, 'builds', `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`)
  await mkdir(temporary, { recursive: true })
  try {
    for (const entry of entries) if (entry.kind === 'folder') await mkdir(join(temporary, entry.path))
    for (const entry of entries) if (entry.kind === 'link') await symlink(entry.target, join(temporary, entry.path))
    const copied = await copyFiles(home, source, temporary, entries)
    await checkLinks(source, temporary, entries)
    const hex = digestOf(command, entries, copied)
    await syncFolders(temporary, entries)
    await publish(temporary, join(home, 'builds', hex))
    await syncPath(join(home, 'builds'))
    const bytes = [...copied.values()].reduce((sum, file) => sum + file.bytes, 0)
    return { digest: `sha256:${hex}`, bytes, files: entries.filter((entry) => entry.kind !== 'folder').length }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

interface CopiedFile {
  readonly hash: string
  readonly bytes: number
}

async function copyFiles(
  home: string,
  source: string,
  temporary: string,
  entries: readonly TreeEntry[],
): Promise<ReadonlyMap<string, CopiedFile>> {
  const files = entries.filter((entry) => entry.kind === 'file')
  const copied = new Map<string, CopiedFile>()
  let next = 0
  let bytes = 0
  const work = async () => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      const to = join(temporary, file.path)
      await copyInside(source, file.path, to)
      const hash = await hashOf(to)
      await chmod(to, file.executable ? 0o555 : 0o444)
      bytes += hash.bytes
      checkLimits(source, { files: 0, bytes })
      await shareContent(home, to, `${hash.hash}-${file.executable ? 'x' : 'r'}`, hash.hash)
      copied.set(file.path, hash)
    }
  }
  const results = await Promise.allSettled(Array.from({ length: copiesAtOnce }, work))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return copied
}

/** Copies the very file that was opened and looked at. */
async function copyInside(source: string, path: string, to: string): Promise<void> {
  const file = await openInside(source, path)
  try {
    await copyFile(`/proc/self/fd/${file.fd}`, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  } finally {
    await file.close()
  }
}

async function hashOf(path: string): Promise<CopiedFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { hash: hash.digest('hex'), bytes }
}

/**
 * Replaces the copy by a link to the equal file of the content store, which is hashed again: a damaged one must not spread.
 * A file is on the disk before it is in that store, so that a build costs the writing of what is new in it.
 */
async function shareContent(home: string, copy: string, name: string, hash: string): Promise<void> {
  const stored = join(home, 'content', name.slice(0, 2), name)
  if (await linkStored(home, stored, copy, hash)) return
  await syncPath(copy)
  try {
    await mkdir(dirname(stored), { recursive: true })
    await unlink(stored).catch(() => undefined)
    await link(copy, stored)
  } catch {
    // Sharing only saves disk: without it (link limit, a file system without links, a race) the copy stands by itself.
  }
}

async function linkStored(home: string, stored: string, copy: string, hash: string): Promise<boolean> {
  try {
    if (!(await exists(stored)) || (await hashOf(stored)).hash !== hash) return false
    const spare = join(home, 'content', `.spare-${randomBytes(6).toString('hex')}`)
    await link(stored, spare)
    await rename(spare, copy)
    return true
  } catch {
    return false
  }
}

/** A build that is acknowledged survives a power cut: its files are on the disk already, here come the names. */
async function syncFolders(root: string, entries: readonly TreeEntry[]): Promise<void> {
  const folders = entries.filter((entry) => entry.kind === 'folder').map((entry) => join(root, entry.path))
  for (let begin = 0; begin < folders.length; begin += copiesAtOnce)
    await Promise.all(folders.slice(begin, begin + copiesAtOnce).map(syncPath))
  await syncPath(root)
}

/** @param path a file, or a folder, whose names are then on the disk */
async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function checkLinks(source: string, temporary: string, entries: readonly TreeEntry[]): Promise<void> {
  const root = await realpath(temporary)
  for (const entry of entries) {
    if (entry.kind !== 'link') continue
    const real = await deepestReal(`${dirname(join(root, entry.path))}/${entry.target}`)
    if (real !== root && !real.startsWith(root + sep)) throw leaving(source, entry.path, entry.target)
  }
}

/** Where a path leads through links, as far as it exists. Not normalised: `link/..` is above what the link points to. */
async function deepestReal(path: string): Promise<string> {
  for (let rest = path; ; rest = rest.slice(0, rest.lastIndexOf('/'))) {
    const real = await realpath(rest === '' ? '/' : rest).catch(() => undefined)
    if (real !== undefined) return real
  }
}

function digestOf(
  command: readonly string[],
  entries: readonly TreeEntry[],
  copied: ReadonlyMap<string, CopiedFile>,
): string {
  const hash = createHash('sha256')
  const line = (...parts: readonly string[]) => hash.update(`${JSON.stringify(parts)}\n`)
  line('cofferdam-build-1', ...command)
  for (const entry of entries) {
    if (entry.kind === 'file') line(entry.executable ? 'x' : 'r', entry.path, copied.get(entry.path)?.hash ?? '')
    else if (entry.kind === 'link') line('l', entry.path, entry.target)
    else line('d', entry.path)
  }
  return hash.digest('hex')
}

async function publish(temporary: string, path: string): Promise<void> {
  if (await exists(path)) return
  try {
    await rename(temporary, path)
  } catch (error) {
    if (!(await exists(path))) throw error // else another snapshot of the same content was first
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
