import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { nearest } from '../domain/nearest.ts'
import type { Finding } from './problem.ts'
import { valueAt } from './schemaFindings.ts'

/**
 * Services whose `from` is no folder. When that is so for all of several services, the file stands in the wrong place,
 * and it is one problem.
 */
export async function findMissingFolders(data: unknown, folderOf: (service: string) => string): Promise<Finding[]> {
  const services = valueAt(data, ['services'])
  if (typeof services !== 'object' || services === null || Array.isArray(services)) return []
  const findings: Finding[] = []
  let asked = 0
  for (const service of Object.keys(services)) {
    const from = valueAt(services, [service, 'from'])
    if (typeof from !== 'string' || from === '' || from.includes('\0')) continue
    asked++
    const folder = resolve(folderOf(service), from)
    if (await isFolder(folder)) continue
    const meant = await nearestSibling(folder)
    findings.push({
      path: ['services', service, 'from'],
      value: from,
      allowed: 'a folder that exists, relative to the file',
      says: `is no folder, \`${folder}\` does not exist`,
      ...(meant !== undefined && { nearest: from.slice(0, from.length - basename(from).length) + meant }),
    })
  }
  const [first] = findings
  if (first === undefined || asked < 2 || findings.length < asked) return findings
  return [{ ...first, says: `${first.says}, nor does any other service's: does the file stand in its place?` }]
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

async function nearestSibling(path: string): Promise<string | undefined> {
  try {
    const entries = await readdir(dirname(path), { withFileTypes: true })
    return nearest(
      basename(path),
      entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name),
    )
  } catch {
    return undefined
  }
}
