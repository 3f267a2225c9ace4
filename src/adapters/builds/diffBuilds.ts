import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { diffLines } from './diffLines.ts'

const maxFiles = 20_000
const maxListed = 500
const maxTextBytes = 256 * 1024
const maxDiffBytes = 2 * 1024 * 1024

export interface FileDiff {
  readonly path: string
  readonly change: 'added' | 'removed' | 'changed'
  /** A unified diff; absent for what is no small text, then `note` says why. */
  readonly text?: string
  readonly note?: string
}

export interface BuildDifference {
  readonly files: FileDiff[]
  /** More files differ than are listed. */
  readonly truncated: boolean
}

/** Makes the comparison of two snapshots. `pathOf` gives the folder of a digest. */
export function createDiffBuilds(
  pathOf: (digest: string) => string,
): (a: string, b: string) => Promise<BuildDifference> {
  return async (a, b) => {
    const [before, after] = [pathOf(a), pathOf(b)]
    const [inBefore, inAfter] = await Promise.all([listFiles(before), listFiles(after)])
    const paths = [...new Set([...inBefore, ...inAfter])].toSorted()
    const files: FileDiff[] = []
    let diffBytes = 0
    for (const path of paths) {
      const old = inBefore.has(path) ? join(before, path) : undefined
      const fresh = inAfter.has(path) ? join(after, path) : undefined
      const file = await diffFile(path, old, fresh)
      if (file === undefined) continue
      if (files.length >= maxListed) return { files, truncated: true }
      diffBytes += file.text?.length ?? 0
      files.push(
        diffBytes <= maxDiffBytes
          ? file
          : { path, change: file.change, note: 'not shown: the whole difference is larger than 2 MB' },
      )
    }
    return { files, truncated: false }
  }
}

async function listFiles(root: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const pending = ['']
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) pending.push(path)
      else found.add(path)
      if (found.size > maxFiles) return found
    }
  }
  return found
}

/** Undefined: the same on both sides. */
async function diffFile(
  path: string,
  old: string | undefined,
  fresh: string | undefined,
): Promise<FileDiff | undefined> {
  const change = old === undefined ? 'added' : fresh === undefined ? 'removed' : 'changed'
  const [before, after] = await Promise.all([describe(old), describe(fresh)])
  if (before.inode !== undefined && before.inode === after.inode) return undefined
  if (before.bytes > maxTextBytes || after.bytes > maxTextBytes) {
    const [a, b] = [await read(old), await read(fresh)]
    if (change === 'changed' && a.equals(b)) return modeChange(path, before, after)
    return { path, change, note: `not shown: ${before.bytes} bytes before, ${after.bytes} after` }
  }
  const [a, b] = await Promise.all([read(old), read(fresh)])
  if (change === 'changed' && a.equals(b)) return modeChange(path, before, after)
  if (a.includes(0) || b.includes(0))
    return { path, change, note: `binary: ${before.bytes} bytes before, ${after.bytes} after` }
  const text = diffLines(a.toString('utf8'), b.toString('utf8'))
  return text === undefined ? { path, change, note: 'rewritten: more than 1,000 lines differ' } : { path, change, text }
}

interface Described {
  readonly bytes: number
  readonly mode: number
  readonly inode?: string
}

async function describe(path: string | undefined): Promise<Described> {
  if (path === undefined) return { bytes: 0, mode: 0 }
  const seen = await lstat(path)
  return { bytes: seen.size, mode: seen.mode & 0o111, inode: `${seen.dev}:${seen.ino}` }
}

function modeChange(path: string, before: Described, after: Described): FileDiff | undefined {
  if (before.mode === after.mode) return undefined
  return { path, change: 'changed', note: after.mode === 0 ? 'no longer executable' : 'now executable' }
}

async function read(path: string | undefined): Promise<Buffer> {
  if (path === undefined) return Buffer.alloc(0)
  // A link is compared by where it points; it may lead out of the snapshot.
  return (await lstat(path)).isSymbolicLink() ? Buffer.from(await readlink(path)) : readFile(path)
}
