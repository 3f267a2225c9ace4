import { lstat, readdir, readlink } from 'node:fs/promises'
import { isAbsolute, join, normalize, sep } from 'node:path'
import { CofferdamError } from '../../domain/errors.ts'

export type TreeEntry =
  | { readonly kind: 'file'; readonly path: string; readonly executable: boolean; readonly bytes: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'folder'; readonly path: string }

export const treeLimits = { files: 20_000, bytes: 512 * 1024 * 1024, depth: 64 } as const

/**
 * Lists a folder's tree in byte order of the relative paths, without `.git` at any depth and without the folder `skip`.
 * Throws `not-a-service-folder` for what cannot be part of a build, `too-large` past 20,000 files or 512 MB.
 */
export async function listTree(root: string, skip: string): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = []
  const total = { files: 0, bytes: 0 }
  await walk(root, '', skip, entries, total, 0)
  if (total.files === 0)
    throw new CofferdamError('not-a-service-folder', `folder "${root}" holds no file: a build needs at least one`)
  return entries.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
}

async function walk(
  root: string,
  folder: string,
  skip: string,
  entries: TreeEntry[],
  total: { files: number; bytes: number },
  depth: number,
): Promise<void> {
  if (depth > treeLimits.depth) {
    throw new CofferdamError(
      'not-a-service-folder',
      `folder "${root}" is nested deeper than ${treeLimits.depth} levels at "${folder}"`,
    )
  }
  for (const name of await readFolder(root, folder)) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (name === '.git' || join(root, path) === skip) continue
    const entry = await entryAt(root, path)
    entries.push(entry)
    if (entry.kind === 'folder') await walk(root, path, skip, entries, total, depth + 1)
    else total.files += 1
    if (entry.kind === 'file') total.bytes += entry.bytes
    checkLimits(root, total)
  }
}

/** Throws `too-large` naming the folder and the limit that was passed. */
export function checkLimits(root: string, total: { readonly files: number; readonly bytes: number }): void {
  if (total.files > treeLimits.files) {
    throw new CofferdamError(
      'too-large',
      `folder "${root}" holds more than ${treeLimits.files} files; a build may have at most that many`,
    )
  }
  if (total.bytes > treeLimits.bytes) {
    throw new CofferdamError(
      'too-large',
      `folder "${root}" holds more than ${treeLimits.bytes / 1024 / 1024} MB; a build may have at most that much`,
    )
  }
}

async function readFolder(root: string, folder: string): Promise<readonly string[]> {
  const path = join(root, folder)
  let names: readonly Buffer[]
  try {
    names = await readdir(path, { encoding: 'buffer' })
  } catch (cause) {
    throw new CofferdamError('not-a-service-folder', `folder "${path}" cannot be read`, { cause })
  }
  return names.map((name) => {
    const text = name.toString('utf8')
    if (Buffer.from(text).equals(name)) return text
    // Decoded it is another name: a file that is not there, or worse, one that is.
    throw new CofferdamError(
      'not-a-service-folder',
      `"${join(path, text)}" has a name that is not UTF-8 (bytes ${name.toString('hex')}): rename it`,
    )
  })
}

async function entryAt(root: string, path: string): Promise<TreeEntry> {
  const stat = await lstat(join(root, path))
  if (stat.isFile()) return { kind: 'file', path, executable: (stat.mode & 0o111) !== 0, bytes: stat.size }
  if (stat.isDirectory()) return { kind: 'folder', path }
  if (stat.isSymbolicLink())
    return { kind: 'link', path, target: innerTarget(root, path, await readlink(join(root, path))) }
  const what = stat.isSocket() ? 'a socket' : stat.isFIFO() ? 'a named pipe' : 'a device'
  throw new CofferdamError(
    'not-a-service-folder',
    `"${join(root, path)}" is ${what}: a build holds files, folders and links only`,
  )
}

/** Absolute targets are refused even when they point into the folder: in the copy they would still point at the source. */
function innerTarget(root: string, path: string, target: string): string {
  const lexical = normalize(join(path, '..', target))
  if (isAbsolute(target) || lexical === '..' || lexical.startsWith(`..${sep}`)) throw leaving(root, path, target)
  return target
}

/** The error for a link whose target is outside the folder. */
export function leaving(root: string, path: string, target: string): CofferdamError {
  return new CofferdamError(
    'not-a-service-folder',
    `link "${join(root, path)}" points to "${target}", out of the folder: a build is self-contained, so links must be relative and stay inside`,
  )
}
