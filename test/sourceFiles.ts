import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Path from the root of the repository, with `/` → text. */
export type Files = ReadonlyMap<string, string>

export const root = resolve(import.meta.dirname, '..')

/** Files that are or may become part of the repository: tracked, or new and not ignored. */
export function repositoryFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return [...new Set(listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path))))].toSorted()
}

/** The TypeScript of some folders, as it is on the disk. */
export function readSources(folders: readonly string[]): Files {
  const files = new Map<string, string>()
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue
    for (const entry of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const path = `${folder}/${entry.replaceAll('\\', '/')}`
      if (/\.[cm]?tsx?$/.test(path) && !path.includes('node_modules') && statSync(join(root, path)).isFile())
        files.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  return files
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
